//! The document in the repository is current, and every operation is documented.

use std::collections::BTreeSet;
use std::path::Path;

use axum::http::Method;
use serde_json::{Map, Value};

use super::examples::Examples;
use crate::router::openapi_json;
use crate::testing::world::{World, order};

/// Set `UPDATE_GOLDEN=1` to rewrite the file.
#[test]
fn document_in_repository_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openapi.json");
    let document = openapi_json();
    if std::env::vars().any(|(name, value)| name == "UPDATE_GOLDEN" && value == "1") {
        std::fs::write(&file, &document).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(golden == document, "docs/reference/openapi.json is outdated: run this test with UPDATE_GOLDEN=1");
}

#[test]
fn every_operation_and_response_has_a_description() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].to_string()), "{method} {path}: duplicate operationId");
            assert!(operation["summary"].is_string(), "{method} {path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let described = response["description"].as_str().is_some_and(|text| text.len() > 5);
                assert!(described, "{method} {path} {status}");
            }
        }
    }
}

/// Returns path, method and description of all operations.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (path.clone(), method.clone(), operation.clone()))
    });
    of_path.collect()
}

/// The linters of `crates/keyferry/tests/openapi.rs` check that the examples match their schemas.
#[test]
fn every_body_has_examples() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut missing = Vec::new();
    for (path, method, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        let requests = operation["requestBody"]["content"].as_object().cloned().unwrap_or_default();
        let responses = operation["responses"].as_object().unwrap().iter().flat_map(|(status, response)| {
            let content = response["content"].as_object().cloned().unwrap_or_default();
            content.into_iter().map(move |(media_type, content)| (format!("{status} {media_type}"), content))
        });
        let bodies = requests.into_iter().map(|(media_type, content)| (format!("request {media_type}"), content));
        for (body, content) in bodies.chain(responses) {
            if content["examples"].as_object().is_none_or(Map::is_empty) {
                missing.push(format!("{method} {path}: {body}: add it to get_openapi/examples/{id}.json"));
            }
        }
        let Examples { requests, responses } = Examples::of(id);
        for media_type in requests.keys() {
            assert!(operation["requestBody"]["content"][media_type].is_object(), "{id}: no request has {media_type}");
        }
        for (status, bodies) in responses {
            for media_type in bodies.keys() {
                let content = &operation["responses"][&status]["content"][media_type];
                assert!(content.is_object(), "{id}: no response {status} has {media_type}");
            }
        }
    }
    assert!(missing.is_empty(), "without example:\n{}", missing.join("\n"));
}

/// What the document shows is accepted: the request is not rejected as invalid.
#[tokio::test]
async fn every_example_of_a_request_is_valid() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut sent = 0;
    for (path, method, operation) in operations(&document) {
        let contents = operation["requestBody"]["content"].as_object().cloned().unwrap_or_default();
        // Bodies of other media types are not JSON values. Their operations test them.
        let examples = contents.get("application/json").map(|content| content["examples"].clone());
        for (name, example) in examples.as_ref().and_then(Value::as_object).into_iter().flatten() {
            let world = World::with(|settings| settings.contact_domains = vec!["contoso.onmicrosoft.com".to_owned()]);
            let mut ordered = order();
            ordered["user_id"] = "adele@contoso.onmicrosoft.com".into();
            let created = world.order(&ordered).await;
            assert!(created.starts_with("201"), "{created}");
            let path = path.replace("{shipment_id}", &world.shipment().id().to_string());
            let path = path.replace("{method_id}", "AQID1");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = world.call(method, &path, example["value"].to_string()).await;
            assert!(!answer.contains("\"validation\"") && !answer.starts_with('5'), "{path} {name}: {answer}");
            assert!(!answer.contains("keyferry-warning"), "{path} {name}: {answer}");
            sent += 1;
        }
    }
    assert!(sent >= 14, "{sent}");
}

/// Nothing is left open: a generated client has a type for each member.
#[test]
fn every_schema_is_typed() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut open = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        find_open(schema, name, &mut open);
    }
    for (path, method, operation) in operations(&document) {
        find_open(&operation, &format!("{method} {path}"), &mut open);
    }
    assert!(open.is_empty(), "without type:\n{}", open.join("\n"));
}

/// Adds the places of schemas without a type, objects without members, and times and ids without a format.
fn find_open(value: &Value, place: &str, open: &mut Vec<String>) {
    if let Some(members) = value.as_object() {
        let is_object = value["type"] == "object" || value["type"][0] == "object";
        // `additionalProperties: true` is open on purpose.
        if is_object && !members.contains_key("properties") && !members.contains_key("additionalProperties") {
            open.push(format!("{place}: object without members"));
        }
        for (name, schema) in value["properties"].as_object().into_iter().flatten() {
            let typed = ["type", "$ref", "oneOf", "anyOf", "allOf", "enum", "const"];
            if !typed.iter().any(|key| schema.get(key).is_some()) {
                open.push(format!("{place}.{name}: no type"));
            }
            let format = schema["format"].as_str();
            let is_time = name.ends_with("_at") || ["at", "since", "deadline", "next_attempt"].contains(&name.as_str());
            if is_time && format != Some("date-time") {
                open.push(format!("{place}.{name}: expected `format = DateTime`"));
            }
            if ["batch", "aaguid"].contains(&name.as_str()) && format != Some("uuid") {
                open.push(format!("{place}.{name}: expected `format = \"uuid\"`"));
            }
        }
        for (key, inner) in
            members.iter().filter(|(key, _)| !["example", "examples", "x-roles"].contains(&key.as_str()))
        {
            find_open(inner, &format!("{place}.{key}"), open);
        }
    }
    for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
        find_open(inner, &format!("{place}[{index}]"), open);
    }
}
