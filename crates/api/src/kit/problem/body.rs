//! Body of error responses (guide, section 10.2).

use serde::Serialize;
use utoipa::ToSchema;

/// Origin of the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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

/// Body of an error response. [`ErrorBody`](super::ErrorBody) describes it in the OpenAPI document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Body {
    /// Origin of the error.
    pub(crate) error_code: ErrorCode,
    /// What happened and what to do, for humans.
    pub(crate) error_message: String,
    /// Details for programs. Absent if there are none.
    #[serde(skip_serializing_if = "ErrorData::is_empty")]
    pub(crate) error_data: ErrorData,
}

/// Details of an error. Only the members that apply are present. [`Body::is_documented`] states which ones may apply.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct ErrorData {
    /// Id of the failed call in the logs of the other service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_request_id: Option<String>,
    /// Code of the other service, or of Keyferry's failure table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// Delivery service's id of an order that could not be recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delivery_shipment_id: Option<String>,
    /// Class of an error of the connector itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_type: Option<ErrorType>,
    /// Path of the invalid member of the request, or name of the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<String>,
    /// Message of the delivery service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// `true` if a key may have been ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order_may_exist: Option<bool>,
    /// Phase of the shipment, where it does not permit the operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phase: Option<&'static str>,
    /// Id of the shipment concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shipment_id: Option<String>,
}

impl Body {
    /// Returns whether `error_data` has only members that the document names for errors of this origin.
    pub(crate) fn is_documented(&self) -> bool {
        let data = &self.error_data;
        let for_delivery = data.message.is_none() && data.delivery_shipment_id.is_none();
        let for_orders = data.field.is_none() && data.order_may_exist.is_none() && data.shipment_id.is_none();
        let for_connector = data.error_type.is_none() && data.phase.is_none();
        match self.error_code {
            ErrorCode::Api => for_delivery,
            ErrorCode::Ye => for_connector,
            ErrorCode::Idp => for_delivery && for_connector && for_orders,
        }
    }
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
