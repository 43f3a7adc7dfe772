//! The document in the repository, and what every operation must say.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::router::openapi_json;

/// `UPDATE_GOLDEN=1` rewrites the file.
#[test]
fn the_document_in_the_repository_is_the_one_that_is_served() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openapi.json");
    let document = openapi_json();
    if std::env::vars().any(|(name, value)| name == "UPDATE_GOLDEN" && value == "1") {
        std::fs::write(&file, &document).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        golden == document,
        "docs/reference/openapi.json is not what the code says: run this test with UPDATE_GOLDEN=1"
    );
}

#[test]
fn every_operation_and_every_response_of_the_document_is_described() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].to_string()), "{method} {path}: the id is taken");
            assert!(operation["summary"].is_string(), "{method} {path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let described = response["description"].as_str().is_some_and(|text| text.len() > 5);
                assert!(described, "{method} {path} {status}");
            }
        }
    }
}
