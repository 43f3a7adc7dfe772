//! Examples in the OpenAPI document, from the files in `examples/`: one for each operation, and `common.json` for error
//! responses of which an operation has no example of its own.
//!
//! A file has `requests` (media type, name, body) and `responses` (status, media type, name, body).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, OpenApi, RefOr};

/// Lists the files by `operationId`.
macro_rules! files {
    ($($id:literal)*) => { [$(($id, include_str!(concat!("examples/", $id, ".json")))),*] };
}

const FILES: &[(&str, &str)] = &files! {
    "abandon_shipment"
    "act_on_shipments"
    "adopt_shipment"
    "cancel_batch"
    "cancel_shipment"
    "change_batch_row"
    "change_webhook"
    "check_batch"
    "check_orders"
    "count_shipments"
    "create_batch"
    "create_shipment"
    "create_webhook"
    "delete_webhook"
    "get_batch"
    "get_batch_result"
    "get_batch_template"
    "get_details"
    "get_events"
    "get_person"
    "get_process_shipments"
    "get_report"
    "get_resend_pin"
    "get_shipment"
    "get_status"
    "get_webhook"
    "give_address"
    "list_batch_rows"
    "list_batches"
    "list_countries"
    "list_deliveries"
    "list_events"
    "list_methods"
    "list_products"
    "list_shipments"
    "list_webhooks"
    "lose_key"
    "offboard_person"
    "pause_batch"
    "print_pin"
    "post_process_shipments"
    "post_resend_pin"
    "queue_order"
    "reconcile"
    "replace_shipment"
    "replay_deliveries"
    "resend_shipment_pin"
    "resolve_shipment"
    "resume_batch"
    "retry_shipment"
    "return_key"
    "revoke_method"
    "rotate_webhook_secret"
    "submit_batch"
    "test_webhook"
};

const COMMON: &str = include_str!("examples/common.json");

/// Media type of error responses.
const JSON: &str = "application/json";

/// Bodies by name.
type Named = BTreeMap<String, Value>;

/// Bodies by media type and name.
type Bodies = BTreeMap<String, Named>;

/// Examples of one operation.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Examples {
    #[serde(default)]
    pub(super) requests: Bodies,
    #[serde(default)]
    pub(super) responses: BTreeMap<String, Bodies>,
}

impl Examples {
    /// Returns the examples of the operation `id`. Empty if there is no file, or if it is invalid; the tests report
    /// both.
    pub(super) fn of(id: &str) -> Self {
        let file = FILES.iter().find(|(name, _)| *name == id);
        file.and_then(|(_, json)| serde_json::from_str(json).ok()).unwrap_or_default()
    }
}

/// Adds the examples to all operations.
pub(super) fn add_examples(document: &mut OpenApi) {
    let common: BTreeMap<String, Named> = serde_json::from_str(COMMON).unwrap_or_default();
    for item in document.paths.paths.values_mut() {
        let methods = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in methods.into_iter().flatten() {
            let own = Examples::of(operation.operation_id.as_deref().unwrap_or_default());
            add_to(operation, own, &common);
        }
    }
}

fn add_to(operation: &mut Operation, mut own: Examples, common: &BTreeMap<String, Named>) {
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        for (media_type, content) in &mut body.content {
            set(content, own.requests.remove(media_type));
        }
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let mut bodies = own.responses.remove(status).unwrap_or_default();
        for (media_type, content) in &mut response.content {
            let common = common.get(status).filter(|_| media_type == JSON).cloned();
            set(content, bodies.remove(media_type).or(common));
        }
    }
}

/// Replaces the examples of a body. Several places for the same examples would contradict each other sooner or later.
fn set(content: &mut RefOr<Content>, named: Option<Named>) {
    let (RefOr::T(content), Some(named)) = (content, named) else { return };
    content.example = None;
    let example = |(name, value)| (name, RefOr::T(ExampleBuilder::new().value(Some(value)).build()));
    content.examples = named.into_iter().map(example).collect();
}
