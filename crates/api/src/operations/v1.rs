//! List of the operations.

use utoipa_axum::router::OpenApiRouter;

use super::{
    cancel_shipment, check_orders, create_shipment, get_details, get_openapi, get_shipment, get_status, list_countries,
    list_products, process_shipments, resend_pin, resolve_shipment,
};
use crate::state::ApiState;

/// Returns all operations under `/v1`, with their OpenAPI document.
pub(crate) fn v1() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(get_openapi::without_paths())
        .merge(get_status::routes())
        .merge(create_shipment::routes())
        .merge(check_orders::routes())
        .merge(list_products::routes())
        .merge(list_countries::routes())
        .merge(get_shipment::routes())
        .merge(get_details::routes())
        .merge(cancel_shipment::routes())
        .merge(resolve_shipment::routes())
        .merge(resend_pin::routes())
        .merge(process_shipments::routes())
}
