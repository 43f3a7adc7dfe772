//! 10.1, and behaviour common to all paths.

use reqwest::{Method, StatusCode};
use serde_json::{Map, Value};

use crate::support::{Connector, outline, settings};
use keyferry_proof_support::{ADA, Answer};

const FIELDS: [&str; 16] = [
    "AZURE_TABLES_ENDPOINT",
    "AZURE_TABLES_SHIPMENTS_TABLE_NAME",
    "AZURE_KEY_VAULT_ENDPOINT",
    "AZURE_TENANT_ID",
    "CRON_PROCESS_SHIPMENT_SCHEDULE",
    "CRON_DATA_CLEANUP_SCHEDULE",
    "CRON_DATA_CLEANUP_COMPLETED_DAYS",
    "EMAIL_API_SEND_ENDPOINT",
    "ENTRA_FIDO_API_CLIENT_ID",
    "ENTRA_FIDO_API_VERSION",
    "ENTRA_FIDO_API_CHALLENGE_TIMEOUT_MINUTES",
    "FIDO_CONNECTOR_VERSION",
    "LOGGING_LEVEL_COM_YUBICO",
    "YE_API_BASE_URL",
    "YE_JWKS_SIGN_ENDPOINT",
    "YE_JWKS_TRANSPORT_ENDPOINT",
];

#[tokio::test]
async fn status_has_exactly_the_sixteen_fields_of_the_guide() {
    let connector = Connector::start().await;
    let answer = connector.get("/v1/status").await;
    assert_eq!(answer.status, StatusCode::OK);
    let fields = answer.body.as_object().unwrap();
    assert_eq!(fields.len(), FIELDS.len());
    let mut places = Vec::new();
    for field in FIELDS {
        assert!(fields[field].is_string(), "{field}");
        places.push(answer.text.find(&format!("\"{field}\"")).unwrap());
    }
    assert!(places.is_sorted(), "the guide's order: {}", answer.text);
    settings().bind(|| {
        insta::assert_json_snapshot!("status", answer.body, {
            ".FIDO_CONNECTOR_VERSION" => "[version]", ".AZURE_TENANT_ID" => "[tenant]",
        });
    });
    assert_eq!(answer.body["AZURE_TENANT_ID"], "11111111-2222-4333-8444-555555555555");
}

#[tokio::test]
async fn unknown_paths_are_404_and_wrong_methods_405() {
    let connector = Connector::start().await;
    let shipment = connector.order(ADA).await;
    let mut answers = Map::new();
    let unknown = ["8gYnYQk5vVqYzKqY1p2xTQ", "0196f0a0-0000-7000-8000-00000000000a", "%00", "a%2Fb", "%27%20or%201"];
    for id in unknown {
        let answer = connector.get(&format!("/v1/fpr/shipments/{id}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}");
        answers.insert(format!("GET /v1/fpr/shipments/{id}"), outline(&answer));
    }
    let long = "x".repeat(5000);
    assert_eq!(connector.get(&format!("/v1/fpr/shipments/{long}")).await.status, StatusCode::NOT_FOUND);
    for (method, path, status) in [
        (Method::GET, "/v1/shipments/8gYnYQk5vVqYzKqY1p2xTQ", 404),
        (Method::GET, "/v1/operations/resend-pin/8gYnYQk5vVqYzKqY1p2xTQ", 404),
        (Method::GET, "/", 404),
        (Method::GET, "/v1", 404),
        (Method::GET, "/v1/status/", 404),
        (Method::GET, "/v2/status", 404),
        (Method::GET, "/v1/fpr/shipments/", 404),
        (Method::GET, "/v1/operations/resend-pin/", 404),
        (Method::GET, "/livez", 404),
        (Method::POST, "/v1/status", 405),
        (Method::GET, "/v1/fpr/shipments", 405),
        (Method::DELETE, "/v1/fpr/shipments/8gYnYQk5vVqYzKqY1p2xTQ", 405),
        (Method::PUT, "/v1/shipments/8gYnYQk5vVqYzKqY1p2xTQ/resolve", 405),
        (Method::PATCH, "/v1/operations/resend-pin/8gYnYQk5vVqYzKqY1p2xTQ", 405),
        (Method::DELETE, "/v1/operations/process-shipments", 405),
    ] {
        let answer = connector.call(method.clone(), path, None).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        assert_eq!(answer.headers.contains_key("allow"), status == 405, "{method} {path}");
        assert_eq!(answer.body["error_code"], "api_error", "{method} {path}");
        answers.insert(format!("{method} {path}"), outline(&answer));
    }
    settings().bind(|| insta::assert_json_snapshot!("not_found_and_not_allowed", answers));

    // HEAD requests, for example from monitoring, must not start an operation.
    for path in ["/v1/operations/process-shipments".to_owned(), format!("/v1/operations/resend-pin/{shipment}")] {
        assert_eq!(connector.call(Method::HEAD, &path, None).await.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    assert_eq!(connector.calls("delivery.status").await, 0);
}

#[tokio::test]
async fn openapi_document_is_public_and_lists_every_path() {
    let connector = Connector::start().await;
    let answer = Answer::of(connector.http.get(format!("{}/openapi.json", connector.api)).send().await.unwrap()).await;
    assert_eq!(
        (answer.status, &answer.headers["content-type"]),
        (StatusCode::OK, &"application/json".parse().unwrap())
    );
    assert!(answer.body["openapi"].as_str().unwrap().starts_with("3.1."));
    let paths = answer.body["paths"].as_object().unwrap();
    let methods = |path: &str| -> Vec<&String> {
        let operations = paths.get(path).and_then(Value::as_object).unwrap_or_else(|| panic!("{path}"));
        operations.keys().filter(|key| ["get", "post"].contains(&key.as_str())).collect()
    };
    assert_eq!(methods("/v1/status"), ["get"]);
    assert_eq!(methods("/v1/fpr/shipments"), ["post"]);
    assert_eq!(methods("/v1/fpr/shipments/{shipment_id}"), ["get"]);
    assert_eq!(methods("/v1/shipments/{shipment_id}"), ["get"]);
    assert_eq!(methods("/v1/shipments/{shipment_id}/resolve"), ["post"]);
    assert_eq!(methods("/v1/shipments/{shipment_id}/cancel"), ["post"]);
    assert_eq!(methods("/v1/operations/resend-pin/{shipment_id}"), ["get", "post"]);
    assert_eq!(methods("/v1/operations/process-shipments"), ["get", "post"]);
}

#[tokio::test]
async fn probes_have_a_separate_port() {
    let connector = Connector::start().await;
    for (path, status) in [("/livez", 200), ("/readyz", 200), ("/v1/status", 404), ("/openapi.json", 404)] {
        let answer = connector.http.get(format!("{}{path}", connector.probes)).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
}
