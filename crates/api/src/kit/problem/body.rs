//! Body of error responses (guide, section 10.2).

use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::schemas::Phase;

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
    /// Details for programs. Absent if there are none.
    #[serde(skip_serializing_if = "ErrorData::is_empty")]
    #[schema(required = false)]
    pub(crate) error_data: ErrorData,
}

/// Details of an error. Only the members that apply are present.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct ErrorData {
    /// Id of the failed call in the logs of the other service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "ea8d4b4a-ff51-4c32-9966-ec5aba40b227")]
    pub(crate) client_request_id: Option<String>,
    /// Code of the other service, or of Keyferry's failure table.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "validation_error")]
    pub(crate) code: Option<String>,
    /// Delivery service's id of an order that could not be recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) delivery_shipment_id: Option<String>,
    /// Class of an error of the connector itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) error_type: Option<ErrorType>,
    /// Path of the invalid member of the request, or name of the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "yubico_shipment_request.recipient.recipient_email")]
    pub(crate) field: Option<String>,
    /// Message of the delivery service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) message: Option<String>,
    /// Present and `true` if a key may have been ordered. Do not order again before the shipment is resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) order_may_exist: Option<bool>,
    /// Phase of the shipment, where it does not permit the operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Phase>)]
    pub(crate) phase: Option<&'static str>,
    /// Id of the shipment concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) shipment_id: Option<String>,
}

impl ErrorData {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Class of an error of the connector itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ErrorType {
    /// The access token is missing or invalid.
    Authentication,
    /// The caller is not authorized.
    Authorization,
    /// The shipment is being processed. Try again.
    Busy,
    /// The state of the shipment or of the user does not permit the operation.
    Conflict,
    /// The `Idempotency-Key` is in use, or was used with another body.
    Idempotency,
    /// A defect of the connector.
    Internal,
    /// A limit of the caller or of the person is reached.
    Limit,
    /// The path does not support the method.
    MethodNotAllowed,
    /// The path or the shipment does not exist.
    NotFound,
    /// The store failed.
    Store,
    /// The time budget expired.
    Timeout,
    /// A dependency is unavailable.
    Unavailable,
    /// The request is invalid.
    Validation,
}
