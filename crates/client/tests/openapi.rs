//! Compares the client with the OpenAPI document: every operation, parameter and member that it uses.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use keyferry_client::model::{
    Act, Acted, Adopt, Batch, BatchState, Batches, Countries, Counts, CreatedWebhook, Deliveries, DeliveryState,
    Details, EventPage, LoseKey, NewWebhook, ObstacleClass, Offboarded, Person, Phase, PrintPin, Products, Queued,
    Reason, Reconciliation, Replace, Replayed, Report, ResendPin, Resolve, RotateSecret, Rows, Secret, Settings,
    Severity, Shipments, Tested, Webhook, WebhookChange, WebhookState, Webhooks, Withdrawn,
};
use keyferry_client::operation;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Operations that the client leaves out, and why.
const LEFT_OUT: [(&str, &str); 12] = [
    ("create_shipment", "of the guide; the command line queues orders"),
    ("get_shipment", "of the guide; get_details contains more"),
    ("get_process_shipments", "of the guide; the same as POST"),
    ("get_resend_pin", "of the guide; resend_shipment_pin"),
    ("post_resend_pin", "of the guide; resend_shipment_pin"),
    ("check_orders", "files are checked as batches"),
    ("get_events", "get_details contains the history"),
    ("change_batch_row", "operators correct rows in the console"),
    ("list_methods", "operators compare and revoke passkeys in the console"),
    ("revoke_method", "operators compare and revoke passkeys in the console"),
    ("get_openapi", "the document itself"),
    ("get_docs", "the document for people"),
];

fn document() -> Value {
    serde_json::from_str(include_str!("../../../docs/reference/openapi.json")).unwrap()
}

/// Returns all operations of the document: id, method and path, operation.
fn operations(document: &Value) -> Vec<(String, String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, methods): (&String, &Value)| {
        let methods = methods.as_object().unwrap().clone();
        let path = path.clone();
        methods.into_iter().map(move |(method, operation)| {
            (operation["operationId"].as_str().unwrap().to_owned(), method, path.clone(), operation)
        })
    };
    paths.iter().flat_map(of).collect()
}

#[test]
fn every_operation_of_the_client_is_in_the_document() {
    let document = operations(&document());
    for used in operation::ALL {
        let found = document.iter().find(|(id, ..)| id == used.id);
        let (_, method, path, operation) = found.unwrap_or_else(|| panic!("{} is not in the document", used.id));
        assert_eq!((method.as_str(), path.as_str()), (used.method.as_str(), used.path), "{}", used.id);
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for name in used.query {
            let known = parameters.iter().any(|one| one["name"] == *name && one["in"] == "query");
            assert!(known, "{} has no parameter {name}", used.id);
        }
        let all: BTreeSet<_> =
            parameters.iter().filter(|one| one["in"] == "query").map(|one| one["name"].as_str().unwrap()).collect();
        let unused: Vec<_> = all.iter().filter(|name| !used.query.contains(name)).collect();
        assert!(unused.is_empty(), "{}: the client has no parameter {unused:?}", used.id);
    }
}

#[test]
fn every_operation_of_the_document_is_used_or_left_out() {
    for (id, ..) in operations(&document()) {
        let used = operation::ALL.iter().any(|one| one.id == id);
        let left_out = LEFT_OUT.iter().any(|(one, _)| *one == id);
        assert!(used != left_out, "{id}: use it in the client, or list it in LEFT_OUT");
    }
}

/// Returns an instance of a schema with all members, optional ones too. Of several schemas, it takes the array, which
/// the client sends where one value is possible too, or the first that is not `null`.
fn sample(document: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return sample(document, document.pointer(reference.trim_start_matches('#')).unwrap());
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(schemas) = schema[choice].as_array() {
            let array = schemas.iter().find(|one| one["type"] == "array");
            return sample(document, array.or(schemas.iter().find(|one| one["type"] != "null")).unwrap());
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return values[0].clone();
    }
    if !schema["const"].is_null() {
        return schema["const"].clone();
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        kind => vec![kind.clone()],
    };
    match kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null") {
        Some("object") => {
            let members = schema["properties"].as_object().cloned().unwrap_or_default();
            members.iter().map(|(name, schema)| (name.clone(), sample(document, schema))).collect::<Map<_, _>>().into()
        }
        Some("array") => json!([sample(document, &schema["items"])]),
        Some("integer") => json!(1),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        Some("string") => match schema["format"].as_str() {
            Some("date-time") => json!("2026-11-29T08:15:00Z"),
            Some("date") => json!("2026-11-29"),
            _ => json!("text"),
        },
        other => panic!("a schema without a known type: {other:?} {schema}"),
    }
}

/// Returns the paths of all members.
fn members(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = format!("{at}.{name}");
                members(value, &path, found);
                found.insert(path);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| members(value, at, found)),
        _ => {}
    }
}

fn paths(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    members(value, "", &mut found);
    found
}

/// Reads a complete instance of the schema as `T`, and writes it. Both must have the same members, except those that
/// the client ignores.
fn same<T: Serialize + DeserializeOwned>(document: &Value, schema: &str, ignored: &[&str]) {
    let sent = sample(document, &document["components"]["schemas"][schema]);
    let read: T = serde_json::from_value(sent.clone()).unwrap_or_else(|error| panic!("{schema}: {error}\n{sent:#}"));
    let written = serde_json::to_value(read).unwrap();
    let (sent, written) = (paths(&sent), paths(&written));
    let unknown: Vec<_> = written.difference(&sent).collect();
    assert!(unknown.is_empty(), "{schema}: the document does not have {unknown:?}");
    let missing: Vec<_> = sent.difference(&written).map(String::as_str).collect();
    let below = |path: &str| ignored.iter().any(|one| path == *one || path.starts_with(&format!("{one}.")));
    let unexpected: Vec<_> = missing.iter().filter(|path| !below(path)).collect();
    assert!(unexpected.is_empty(), "{schema}: the client does not have {unexpected:?}");
    for path in ignored {
        assert!(missing.contains(path), "{schema}: {path} is not ignored");
    }
}

#[test]
fn responses_have_the_members_of_the_document() {
    let document = document();
    same::<Shipments>(&document, "ShipmentsBody", &[".items.shipment_state"]);
    same::<Details>(&document, "DetailsBody", &[".shipment_state", ".requested_for"]);
    same::<Counts>(&document, "CountsBody", &[]);
    same::<Person>(&document, "PersonBody", &[".shipments.shipment_state"]);
    same::<Queued>(&document, "QueuedBody", &[]);
    same::<Products>(&document, "Products", &[]);
    same::<Countries>(&document, "Countries", &[]);
    same::<Reconciliation>(&document, "ReconciliationBody", &[]);
    same::<Offboarded>(&document, "OffboardedBody", &[]);
    same::<Withdrawn>(&document, "WithdrawnBody", &[]);
    same::<Report>(&document, "ReportBody", &[]);
    same::<Settings>(&document, "StatusReport", &[]);
    same::<Batches>(&document, "BatchesBody", &[]);
    same::<Batch>(&document, "BatchBody", &[]);
    same::<Rows>(&document, "RowsBody", &[]);
    same::<Acted>(&document, "CheckedBody", &[]);
    same::<Acted>(&document, "DoneBody", &[]);
    same::<EventPage>(&document, "EventPageBody", &[]);
    same::<Webhooks>(&document, "WebhooksBody", &[]);
    same::<Webhook>(&document, "WebhookBody", &[]);
    same::<CreatedWebhook>(&document, "CreatedWebhookBody", &[]);
    same::<Secret>(&document, "SecretBody", &[]);
    same::<Tested>(&document, "TestBody", &[]);
    same::<Deliveries>(&document, "DeliveriesBody", &[]);
    same::<Replayed>(&document, "ReplayBody", &[]);
}

/// Members that the client does not know would be kept in `other`.
#[test]
fn all_members_of_events_are_known() {
    let document = document();
    let page = sample(&document, &document["components"]["schemas"]["EventPageBody"]);
    let page: EventPage = serde_json::from_value(page).unwrap();
    assert!(page.events[0].other.is_empty() && page.events[0].data.other.is_empty(), "{page:?}");
}

#[test]
fn requests_have_the_members_of_the_document() {
    let document = document();
    same::<Reason>(&document, "ReasonBody", &[]);
    same::<Reason>(&document, "CancelShipment", &[]);
    same::<Adopt>(&document, "AdoptShipment", &[]);
    same::<Resolve>(&document, "ResolveShipment", &[]);
    same::<ResendPin>(&document, "ResendPin", &[]);
    same::<PrintPin>(&document, "PrintPin", &[]);
    same::<Replace>(&document, "ReplaceShipment", &[]);
    same::<LoseKey>(&document, "LoseKey", &[]);
    same::<Act>(&document, "ActOnShipments", &[]);
    same::<NewWebhook>(&document, "CreateWebhook", &[]);
    same::<WebhookChange>(&document, "ChangeWebhook", &[]);
    same::<RotateSecret>(&document, "RotateWebhookSecret", &[]);
}

#[test]
fn enumerations_have_the_values_of_the_document() {
    let document = document();
    let values = |name: &str| {
        let values = document["components"]["schemas"][name]["enum"].as_array().unwrap().clone();
        values.iter().map(|value| value.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let known = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(values("Phase"), known(Phase::KNOWN));
    assert_eq!(values("ObstacleClass"), known(ObstacleClass::KNOWN));
    assert_eq!(values("BatchState"), known(BatchState::KNOWN));
    assert_eq!(values("Severity"), known(Severity::KNOWN));
    assert_eq!(values("WebhookState"), known(WebhookState::KNOWN));
    assert_eq!(values("DeliveryStage"), known(DeliveryState::KNOWN));
}
