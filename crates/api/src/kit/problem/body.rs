//! Body of error responses (guide, section 10.2).

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Origin of the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) enum ErrorCode {
    /// The connector itself, or an invalid request.
    #[serde(rename = "api_error")]
    Api,
    /// The delivery service, or the key factory behind it.
    #[serde(rename = "ye_error")]
    Ye,
    /// The identity provider.
    #[serde(rename = "idp_error")]
    Idp,
}

/// Body of every response that is not a success.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// Origin of the error.
    pub(crate) error_code: ErrorCode,
    /// What happened and what to do, for humans.
    pub(crate) error_message: String,
    /// Details for programs. Absent if there are none. `error_type` classifies errors of the connector itself. `field`
    /// names the invalid member of the request. `code` and `message` come from the other service. `client_request_id`
    /// identifies the failed call in the other service's logs. `shipment_id` and `order_may_exist` are present if a key
    /// may have been ordered.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object, required = false)]
    pub(crate) error_data: Map<String, Value>,
}
