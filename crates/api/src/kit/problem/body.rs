//! The body of an error (the guide, section 10.2).

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Whose error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) enum ErrorCode {
    /// This service, or the request.
    #[serde(rename = "api_error")]
    Api,
    /// The delivery service, or the factory behind it.
    #[serde(rename = "ye_error")]
    Ye,
    /// The identity provider.
    #[serde(rename = "idp_error")]
    Idp,
}

/// The body of every answer that is not a success.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// Whose error it is.
    pub(crate) error_code: ErrorCode,
    /// What happened and what to do, for a person.
    pub(crate) error_message: String,
    /// Particulars for a program; absent when there are none. `error_type` sorts our own errors, `field` names a
    /// member of the request, `code` and `message` are the other side's, `client_request_id` names the failed call in
    /// its logs, `shipment_id` and `order_may_exist` say what may have been ordered.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object, required = false)]
    pub(crate) error_data: Map<String, Value>,
}
