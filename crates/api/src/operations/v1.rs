//! List of the operations.

use utoipa_axum::router::OpenApiRouter;

use super::{
    abandon_shipment, act_on_shipments, adopt_shipment, cancel_batch, cancel_shipment, change_batch_row,
    change_webhook, check_batch, check_orders, count_shipments, create_batch, create_shipment, create_webhook,
    delete_webhook, get_batch, get_batch_result, get_batch_template, get_details, get_events, get_openapi, get_person,
    get_report, get_shipment, get_status, get_webhook, give_address, list_batch_rows, list_batches, list_countries,
    list_deliveries, list_events, list_methods, list_products, list_shipments, list_webhooks, lose_key,
    offboard_person, pause_batch, print_pin, process_shipments, queue_order, reconcile, replace_shipment,
    replay_deliveries, resend_pin, resolve_shipment, resume_batch, retry_shipment, return_key, revoke_method,
    rotate_webhook_secret, submit_batch, test_webhook,
};
use crate::state::ApiState;

/// Returns all operations under `/v1`, with their OpenAPI document.
pub(crate) fn v1() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(get_openapi::without_paths())
        .merge(get_status::routes())
        .merge(create_shipment::routes())
        .merge(queue_order::routes())
        .merge(check_orders::routes())
        .merge(list_products::routes())
        .merge(list_countries::routes())
        .merge(get_shipment::routes())
        .merge(list_shipments::routes())
        .merge(count_shipments::routes())
        .merge(get_details::routes())
        .merge(get_events::routes())
        .merge(get_person::routes())
        .merge(list_methods::routes())
        .merge(revoke_method::routes())
        .merge(lose_key::routes())
        .merge(return_key::routes())
        .merge(offboard_person::routes())
        .merge(get_report::routes())
        .merge(list_events::routes())
        .merge(list_webhooks::routes())
        .merge(create_webhook::routes())
        .merge(get_webhook::routes())
        .merge(change_webhook::routes())
        .merge(delete_webhook::routes())
        .merge(rotate_webhook_secret::routes())
        .merge(test_webhook::routes())
        .merge(list_deliveries::routes())
        .merge(replay_deliveries::routes())
        .merge(act_on_shipments::routes())
        .merge(retry_shipment::routes())
        .merge(adopt_shipment::routes())
        .merge(abandon_shipment::routes())
        .merge(replace_shipment::routes())
        .merge(give_address::routes())
        .merge(cancel_shipment::routes())
        .merge(resolve_shipment::routes())
        .merge(resend_pin::routes())
        .merge(print_pin::routes())
        .merge(create_batch::routes())
        .merge(list_batches::routes())
        .merge(get_batch_template::routes())
        .merge(get_batch::routes())
        .merge(list_batch_rows::routes())
        .merge(change_batch_row::routes())
        .merge(get_batch_result::routes())
        .merge(check_batch::routes())
        .merge(submit_batch::routes())
        .merge(pause_batch::routes())
        .merge(resume_batch::routes())
        .merge(cancel_batch::routes())
        .merge(reconcile::routes())
        .merge(process_shipments::routes())
}
