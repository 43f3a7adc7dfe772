//! One folder per operation: route with its OpenAPI documentation, request, response, errors and tests.
//!
//! To add an operation, copy a folder, declare it here and add a line to `v1`. The compiler reports a missing line as
//! an unused function.

mod abandon_shipment;
mod act_on_shipments;
mod adopt_shipment;
mod cancel_batch;
mod cancel_shipment;
mod change_batch_row;
mod change_webhook;
mod check_batch;
mod check_orders;
mod count_shipments;
mod create_batch;
mod create_shipment;
mod create_webhook;
mod delete_webhook;
mod get_batch;
mod get_batch_result;
mod get_batch_template;
mod get_details;
pub(crate) mod get_docs;
mod get_events;
pub(crate) mod get_openapi;
mod get_person;
mod get_report;
mod get_shipment;
pub(crate) mod get_status;
mod get_webhook;
mod give_address;
mod list_batch_rows;
mod list_batches;
mod list_countries;
mod list_deliveries;
mod list_events;
mod list_methods;
mod list_products;
mod list_shipments;
mod list_webhooks;
mod lose_key;
mod offboard_person;
mod pause_batch;
mod print_pin;
pub(crate) mod probes;
mod process_shipments;
mod queue_order;
mod reconcile;
mod replace_shipment;
mod replay_deliveries;
mod resend_pin;
mod resolve_shipment;
mod resume_batch;
mod retry_shipment;
mod return_key;
mod revoke_method;
mod rotate_webhook_secret;
mod submit_batch;
mod test_webhook;
mod v1;

pub(crate) use v1::v1;
