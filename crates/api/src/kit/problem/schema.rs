//! Error responses in the OpenAPI document: one schema for each origin, so that generated clients have a type for each.

use utoipa::ToSchema;

use super::body::ErrorType;
use crate::kit::schemas;

/// Body of every response that is not a success. `error_code` names the origin of the error.
#[derive(ToSchema)]
#[schema(discriminator(property_name = "error_code", mapping(
    ("api_error" = "#/components/schemas/ApiError"),
    ("ye_error" = "#/components/schemas/YeError"),
    ("idp_error" = "#/components/schemas/IdpError"),
)))]
#[serde(untagged)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) enum ErrorBody {
    Api(ApiError),
    Ye(YeError),
    Idp(IdpError),
}

/// Error of the connector itself, or an invalid request.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) struct ApiError {
    /// Origin of the error: the connector, or the request.
    #[schema(value_type = schemas::ApiErrorCode)]
    error_code: String,
    /// What happened and what to do, for humans.
    #[schema(example = "Could not find shipment: 019a0000-0000-7000-8000-000000000001")]
    error_message: String,
    /// Details for programs. Absent if there are none.
    #[schema(nullable = false)]
    error_data: Option<ApiErrorData>,
}

/// Error of the delivery service, or of the key factory behind it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) struct YeError {
    /// Origin of the error: the delivery service.
    #[schema(value_type = schemas::YeErrorCode)]
    error_code: String,
    /// What happened and what to do, for humans.
    #[schema(example = "Validation error when creating YED shipment")]
    error_message: String,
    /// Details for programs. Absent if there are none.
    #[schema(nullable = false)]
    error_data: Option<YeErrorData>,
}

/// Error of the identity provider.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) struct IdpError {
    /// Origin of the error: the identity provider.
    #[schema(value_type = schemas::IdpErrorCode)]
    error_code: String,
    /// What happened and what to do, for humans.
    #[schema(example = "Could not find user: adele@contoso.onmicrosoft.com")]
    error_message: String,
    /// Details for programs. Absent if there are none.
    #[schema(nullable = false)]
    error_data: Option<IdpErrorData>,
}

/// Details of an error of the connector. Only the members that apply are present.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) struct ApiErrorData {
    /// Class of the error. Absent if PIN delivery failed.
    #[schema(nullable = false)]
    error_type: Option<ErrorType>,
    /// Path of the invalid member of the request, or name of the header or parameter.
    #[schema(nullable = false, example = "yubico_shipment_request.recipient.recipient_email")]
    field: Option<String>,
    /// Phase of the shipment, where it does not permit the operation.
    #[schema(nullable = false, value_type = Option<schemas::Phase>)]
    phase: Option<String>,
    /// Id of the shipment concerned.
    #[schema(nullable = false, example = "019a0000-0000-7000-8000-000000000001")]
    shipment_id: Option<String>,
    /// Present and `true` if a key may have been ordered. Do not order again before the shipment is resolved.
    #[schema(nullable = false, example = true)]
    order_may_exist: Option<bool>,
    /// Code of Keyferry's failure table.
    #[schema(nullable = false, example = "no-manager")]
    code: Option<String>,
    /// Id of the failed call in the logs of the other service.
    #[schema(nullable = false, example = "ea8d4b4a-ff51-4c32-9966-ec5aba40b227")]
    client_request_id: Option<String>,
}

/// Details of an error of the delivery service. Only the members that apply are present.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) struct YeErrorData {
    /// Code of the delivery service.
    #[schema(nullable = false, example = "validation_error")]
    code: Option<String>,
    /// Message of the delivery service.
    #[schema(nullable = false, example = "Invalid postal code")]
    message: Option<String>,
    /// Path of the invalid member of the request.
    #[schema(nullable = false, example = "yubico_shipment_request.mailing_address.postal_code")]
    field: Option<String>,
    /// Keyferry's id of the shipment concerned.
    #[schema(nullable = false, example = "019a0000-0000-7000-8000-000000000001")]
    shipment_id: Option<String>,
    /// Delivery service's id of an order that could not be recorded.
    #[schema(nullable = false, example = "8gYnYQk5vVqYzKqY1p2xTQ")]
    delivery_shipment_id: Option<String>,
    /// Present and `true` if a key may have been ordered. Do not order again before the shipment is resolved.
    #[schema(nullable = false, example = true)]
    order_may_exist: Option<bool>,
    /// Id of the failed call in the logs of the delivery service.
    #[schema(nullable = false, example = "ea8d4b4a-ff51-4c32-9966-ec5aba40b227")]
    client_request_id: Option<String>,
}

/// Details of an error of the identity provider. Only the members that apply are present.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) struct IdpErrorData {
    /// Code of the identity provider.
    #[schema(nullable = false, example = "Authorization_RequestDenied")]
    code: Option<String>,
    /// Id of the failed call in the logs of the identity provider.
    #[schema(nullable = false, example = "ea8d4b4a-ff51-4c32-9966-ec5aba40b227")]
    client_request_id: Option<String>,
}
