//! The life of a webhook through the router, with test doubles.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::testing::show::show;
use crate::testing::world::{World, body, request_with};

const URL: &str = "https://hooks.example/a?sig=k3y";

async fn call(world: &World, method: Method, path: &str, body: impl Into<Body>) -> String {
    show(world.send(request_with(&["Keyferry.Admin"], method, path, body)).await).await
}

async fn create(world: &World, request: Value) -> String {
    call(world, Method::POST, "/v1/webhooks", request.to_string()).await
}

async fn post(world: &World, path: &str, request: Value) -> Value {
    body(&call(world, Method::POST, path, request.to_string()).await)
}

#[tokio::test]
async fn secret_is_shown_once() {
    let world = World::new();
    let answer = create(&world, json!({"url": URL, "event_types": ["shipment.completed"], "description": "x"})).await;
    assert!(answer.starts_with("201"), "{answer}");
    let created = body(&answer);
    assert_eq!(created["secret"], "whsec_0");
    assert_eq!(created["webhook"]["url"], "https://hooks.example/a?(hidden)");
    let path = format!("/v1/webhooks/{}", created["webhook"]["id"].as_str().unwrap());
    let listed = world.get("/v1/webhooks").await;
    assert_eq!(body(&listed)["webhooks"], json!([created["webhook"]]));
    let one = world.get(&path).await;
    assert!(!listed.contains("whsec_") && !one.contains("whsec_") && !one.contains("k3y"), "{listed}\n{one}");

    let rotated = post(&world, &format!("{path}/rotate-secret"), json!({})).await;
    assert_eq!(rotated, json!({"secret": "whsec_1"}));
    let tested = post(&world, &format!("{path}/test"), json!({})).await;
    assert_eq!((&tested["accepted"], &tested["status"]), (&json!(true), &json!(200)), "{tested}");
    let received = world.receivers.received.lock().unwrap()[0].clone();
    assert_eq!(
        (received.url.as_str(), &received.secrets[..]),
        (URL, &["whsec_1".to_owned(), "whsec_0".to_owned()][..])
    );
    let own = json!({"secret": "whsec_own", "keep_previous_hours": 0});
    assert_eq!(post(&world, &format!("{path}/rotate-secret"), own).await, json!({"secret": null}));
    post(&world, &format!("{path}/test"), json!({})).await;
    assert_eq!(world.receivers.received.lock().unwrap()[1].secrets, ["whsec_own"]);

    let changed = call(&world, Method::PATCH, &path, json!({"enabled": false}).to_string()).await;
    assert_eq!(body(&changed)["state"], "disabled", "{changed}");
    let deliveries = body(&world.get(&format!("{path}/deliveries?state=dead")).await);
    assert_eq!(deliveries, json!({"items": [], "next_cursor": null}));
    assert_eq!(post(&world, &format!("{path}/replay"), json!({"dead": true})).await, json!({"replayed": 0}));
    assert!(call(&world, Method::DELETE, &path, "").await.starts_with("204"));
    assert!(world.get(&path).await.starts_with("404"));
    assert_eq!(world.store.secrets.lock().unwrap().len(), 0, "the secret is purged");
}

#[tokio::test]
async fn invalid_member_is_named() {
    let world = World::new();
    for (request, field) in [
        (json!({}), "url"),
        (json!({"url": "http://hooks.example/"}), "url"),
        (json!({"url": URL, "event_types": ["completed"]}), "event_types"),
        (json!({"url": URL, "secret": "short"}), "secret"),
        (json!({"url": URL, "description": "a\nb"}), "description"),
    ] {
        let answer = create(&world, request.clone()).await;
        assert!(answer.starts_with("400"), "{request}: {answer}");
        assert_eq!(body(&answer)["error_data"]["field"], field, "{request}: {answer}");
        assert!(!answer.contains("short"), "{answer}");
    }
    let id = body(&create(&world, json!({"url": URL})).await)["webhook"]["id"].as_str().unwrap().to_owned();
    for (path, request) in [
        ("rotate-secret", json!({"keep_previous_hours": 169})),
        ("replay", json!({})),
        ("replay", json!({"messages": ["x"]})),
    ] {
        let answer = call(&world, Method::POST, &format!("/v1/webhooks/{id}/{path}"), request.to_string()).await;
        assert!(answer.starts_with("400"), "{path} {request}: {answer}");
    }
    for query in ["state=gone", "limit=0", "cursor=';", "x=y"] {
        assert!(world.get(&format!("/v1/webhooks/{id}/deliveries?{query}")).await.starts_with("400"), "{query}");
    }
    let missing = json!({"messages": ["0196f0a0-0000-7000-8000-00000000000a"]});
    let answer = call(&world, Method::POST, &format!("/v1/webhooks/{id}/replay"), missing.to_string()).await;
    assert!(answer.starts_with("404"), "{answer}");
}
