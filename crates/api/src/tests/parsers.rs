//! Everything that a caller sends, by property: a refusal in the documented form, or an order that says the same.

use std::sync::LazyLock;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Method};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::mutation::{any_bytes, any_json, any_text, changed, changes, config, edited, edits};
use super::world::{World, order, request};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_all().build().unwrap());

/// Status and body. No answer is a 5xx but those of the doubles, which fail as an outside party would.
fn ask(world: &World, method: Method, path: &str, headers: &[(&str, &[u8])], body: Vec<u8>) -> Option<(u16, Value)> {
    path.parse::<axum::http::Uri>().ok()?;
    let mut request = request(method, path, Body::from(body));
    for (name, value) in headers {
        let value = HeaderValue::from_bytes(value).ok()?;
        request.headers_mut().insert(name.parse::<HeaderName>().unwrap(), value);
    }
    RUNTIME.block_on(async {
        let answer = world.send(request).await;
        let status = answer.status().as_u16();
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        Some((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    })
}

fn assert_documented(status: u16, body: &Value) -> Result<(), TestCaseError> {
    prop_assert!(status < 500, "{} {}", status, body);
    if status >= 400 {
        prop_assert!(body["error_code"].is_string() && body["error_message"].is_string(), "{} {}", status, body);
        let shown = body["error_message"].as_str().unwrap();
        prop_assert!(!shown.chars().any(char::is_control) && shown.chars().count() < 2_000, "{:?}", shown);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn an_order_is_taken_as_it_was_meant_or_refused(changes in changes(), any in any_json(), edits in edits(), bytes in any_bytes(64)) {
        let valid = order();
        let bodies = [
            valid.to_string().into_bytes(),
            changed(&valid, &changes).to_string().into_bytes(),
            any.to_string().into_bytes(),
            edited(valid.to_string().as_bytes(), &edits),
            bytes,
        ];
        for bytes in bodies {
            let world = World::new();
            let Some((status, body)) = ask(&world, Method::POST, "/v1/fpr/shipments", &[], bytes.clone()) else { continue };
            assert_documented(status, &body)?;
            let records = world.store.records.lock().unwrap();
            if status >= 400 {
                prop_assert!(bytes != valid.to_string().into_bytes(), "the guide's own order: {}", body);
                prop_assert_eq!(records.len(), 0, "a refused order leaves nothing: {}", body);
                continue;
            }
            let sent: Value = serde_json::from_str(&String::from_utf8_lossy(&bytes)).unwrap();
            let stored = records.values().next().unwrap();
            let key = &stored.shipment.keys[0];
            prop_assert_eq!(key.credentials[0].user.to_string().to_lowercase(), sent["user_id"].as_str().unwrap().to_lowercase());
            prop_assert_eq!(f64::from(key.pin_length.get()), sent["pin_request"]["length"].as_f64().unwrap());
            prop_assert_eq!(&sent["pin_request"]["type"], "generate");
        }
    }

    /// The same key and body are the same order; a broken key is refused before anything is done.
    #[test]
    fn an_idempotency_key_is_one_key_or_none(key in prop_oneof![any_text(), "[!-~]{0,260}", "\"[ -~]{0,20}\""], bytes in any_bytes(20)) {
        for key in [key.into_bytes(), bytes] {
            let world = World::new();
            let body = order().to_string().into_bytes();
            let headers: &[(&str, &[u8])] = &[("idempotency-key", &key)];
            let Some((status, first)) = ask(&world, Method::POST, "/v1/fpr/shipments", headers, body.clone()) else { continue };
            assert_documented(status, &first)?;
            if status >= 400 {
                prop_assert_eq!(world.store.records.lock().unwrap().len(), 0);
                continue;
            }
            let (again, second) = ask(&world, Method::POST, "/v1/fpr/shipments", headers, body).unwrap();
            prop_assert_eq!((again, &second["shipment_id"]), (status, &first["shipment_id"]));
            prop_assert_eq!(world.store.records.lock().unwrap().len(), 1);
        }
    }

    /// Whatever stands in a path or a query is an unknown shipment or a refusal, never a failure.
    #[test]
    fn paths_and_queries_do_no_harm(id in prop_oneof![any_text(), "[!-~]{0,140}"], query in any_text(), changes in changes()) {
        let world = World::new();
        let encoded = keyferry_http::encode_segment(&id);
        let query = keyferry_http::encode_segment(&query);
        for (method, path) in [
            (Method::GET, format!("/v1/fpr/shipments/{encoded}")),
            (Method::GET, format!("/v1/fpr/shipments/{id}")),
            (Method::GET, format!("/v1/fpr/shipments?{query}")),
            (Method::GET, format!("/v1/fpr/shipments?limit={query}&cursor={query}&state={query}")),
            (Method::GET, format!("/v1/fpr/shipments/{encoded}/details")),
            (Method::POST, format!("/v1/operations/resend-pin/{encoded}")),
            (Method::POST, format!("/v1/fpr/shipments/{encoded}/resolve")),
        ] {
            let body = changed(&json!({"outcome": "cancelled", "reason": "x"}), &changes).to_string().into_bytes();
            if let Some((status, body)) = ask(&world, method, &path, &[], body) {
                prop_assert!(status < 500, "{} {} {}", path, status, body);
            }
        }
    }

    /// Who the platform says the caller is.
    #[test]
    fn a_principal_is_read_or_refused(edits in edits(), changes in changes(), bytes in any_bytes(40)) {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let world = World::new();
        let valid = json!({"auth_typ": "aad", "claims": [{"typ": "appid", "val": super::world::CALLER}]});
        let valid_header = STANDARD.encode(valid.to_string());
        for header in [
            edited(valid_header.as_bytes(), &edits),
            STANDARD.encode(changed(&valid, &changes).to_string()).into_bytes(),
            STANDARD.encode(&bytes).into_bytes(),
            bytes,
        ] {
            let headers: &[(&str, &[u8])] = &[("x-ms-client-principal", &header)];
            let Some((status, _)) = ask(&world, Method::GET, "/v1/fpr/shipments/8gYnYQk5vVqYzKqY1p2xTQ", headers, vec![]) else { continue };
            prop_assert!([401, 403, 404].contains(&status), "{}", status);
        }
    }
}
