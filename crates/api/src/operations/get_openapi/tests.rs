//! The document in the repository is current, and every operation is documented.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::router::openapi_json;

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
