//! Access tokens: valid ones, and one test per kind of defect.

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_http::{Client, ClientOptions};
use serde_json::{Value, json};

use super::protected_api::{
    AUDIENCE, KEY, OTHER_KEY, ProtectedApi, TENANT, changed, is_accepted, jose_header, jwk, sign,
};
use crate::testing::doubles::START;
use crate::testing::show::show;
use crate::testing::world::{CALLER, World, order, request};
use keyferry_access::{SettingsError, TokenSettings, TokenValidator};

#[tokio::test]
async fn accepts_tokens_of_both_versions() {
    let api = ProtectedApi::new().await;
    assert!(is_accepted(&api.send_claims(&api.v1()).await));
    assert!(is_accepted(&api.send_claims(&api.v2()).await));
    assert!(is_accepted(&api.send_authorization(&format!("bearer  {}", sign(&jose_header(), &api.v1(), &KEY))).await));
    let mut order = request(Method::POST, "/v1/fpr/shipments", order().to_string());
    let token = sign(&jose_header(), &api.v1(), &KEY);
    order.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    order.headers_mut().remove("x-ms-client-principal");
    assert!(show(api.world.send(order).await).await.starts_with("201"));
    assert_eq!(api.world.shipment().requested_by().application.as_str(), CALLER);
    assert_eq!(api.login.fetches.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn follows_metadata_that_moved_on_the_same_host() {
    let moved =
        |settings: &mut TokenSettings| settings.metadata = settings.metadata.replace("/metadata", "/old/metadata");
    let api = ProtectedApi::with(moved).await;
    assert!(is_accepted(&api.send_claims(&api.v1()).await));
}

#[tokio::test]
async fn rejects_invalid_claims() {
    let api = ProtectedApi::new().await;
    let mut lines = Vec::new();
    for (member, value) in [
        ("iss", json!("https://sts.windows.net/7e000000-0000-4000-8000-00000000000b/")),
        ("iss", Value::Null),
        ("tid", json!("7e000000-0000-4000-8000-00000000000b")),
        ("tid", Value::Null),
        ("aud", json!("https://graph.microsoft.com")),
        ("aud", json!(AUDIENCE.to_uppercase())),
        ("aud", Value::Null),
        ("exp", json!(START - 60)),
        ("exp", Value::Null),
        ("exp", json!("tomorrow")),
        ("nbf", json!(START + 61)),
        ("ver", json!("3.0")),
        ("ver", Value::Null),
    ] {
        let answer = api.send_claims(&changed(api.v1(), member, value.clone())).await;
        assert!(answer.starts_with("401"), "{member} {value}: {answer}");
        let challenge = answer.lines().find(|line| line.starts_with("www-authenticate")).unwrap();
        lines.push(format!("{member} = {value}: {challenge}"));
    }
    insta::assert_snapshot!(lines.join("\n"));
    // The accepted clock skew is 60 seconds.
    assert!(is_accepted(&api.send_claims(&changed(api.v1(), "exp", json!(START - 59))).await));
    assert!(is_accepted(&api.send_claims(&changed(api.v1(), "nbf", json!(START + 60))).await));
    api.world.outside.later.store(3660, Ordering::SeqCst);
    assert!(api.send_claims(&api.v1()).await.starts_with("401"));
}

#[tokio::test]
async fn rejects_malformed_and_wrongly_signed_tokens() {
    let api = ProtectedApi::new().await;
    let good = sign(&jose_header(), &api.v1(), &KEY);
    let parts: Vec<&str> = good.split('.').collect();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"kid-1"}"#);
    let mut lines = Vec::new();
    for (what, authorization) in [
        ("basic", "Basic dXNlcjpwYXNz".to_owned()),
        ("no token", "Bearer".into()),
        ("an empty token", "Bearer ".into()),
        ("no JWT", "Bearer opaque".into()),
        ("two parts", format!("Bearer {}.{}", parts[0], parts[1])),
        ("unsigned", format!("Bearer {none}.{}.", parts[1])),
        ("HS256", format!("Bearer {}", sign(&changed(jose_header(), "alg", json!("HS256")), &api.v1(), &KEY))),
        ("RS512", format!("Bearer {}", sign(&changed(jose_header(), "alg", json!("RS512")), &api.v1(), &KEY))),
        ("no kid", format!("Bearer {}", sign(&changed(jose_header(), "kid", Value::Null), &api.v1(), &KEY))),
        ("unknown kid", format!("Bearer {}", sign(&changed(jose_header(), "kid", json!("kid-9")), &api.v1(), &KEY))),
        ("crit", format!("Bearer {}", sign(&changed(jose_header(), "crit", json!(["exp"])), &api.v1(), &KEY))),
        ("other key", format!("Bearer {}", sign(&jose_header(), &api.v1(), &OTHER_KEY))),
        ("changed claims", format!("Bearer {}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode("{}"), parts[2])),
        ("too long", format!("Bearer {}", "x".repeat(20_000))),
    ] {
        let answer = api.send_authorization(&authorization).await;
        assert!(answer.starts_with("401"), "{what}: {answer}");
        let challenge = answer.lines().find(|line| line.starts_with("www-authenticate")).unwrap();
        lines.push(format!("{what}: {challenge}"));
    }
    insta::assert_snapshot!(lines.join("\n"));
    let without = axum::http::Request::builder().uri("/v1/status").body(Body::empty()).unwrap();
    insta::assert_snapshot!("no_authorization", show(api.world.send(without).await).await);
}

#[tokio::test]
async fn rejects_unauthorized_applications() {
    let api = ProtectedApi::new().await;
    let user = changed(api.v1(), "oid", json!("0a1b0000-0000-4000-8000-000000000001"));
    let delegated = changed(user, "scp", json!("openid create_request"));
    assert!(is_accepted(&api.send_claims(&delegated).await));
    let mut answers = Vec::new();
    for claims in [
        changed(api.v1(), "appid", json!("c11e0000-0000-4000-8000-000000000002")),
        changed(api.v1(), "appid", Value::Null),
        changed(changed(api.v1(), "appid", Value::Null), "azp", json!(CALLER)),
        changed(delegated.clone(), "scp", json!("openid create_request_not")),
        changed(delegated, "oid", Value::Null),
    ] {
        let answer = api.send_claims(&claims).await;
        assert!(answer.starts_with("403"), "{claims}: {answer}");
        answers.push(answer);
    }
    insta::assert_snapshot!(answers.join("\n\n"));
}

#[tokio::test]
async fn fetches_rotated_keys_at_once_and_limits_fetches() {
    let api = ProtectedApi::new().await;
    assert!(is_accepted(&api.send_claims(&api.v1()).await));
    *api.login.keys.lock().unwrap() = json!([{"kty": "EC", "kid": "ec"}, jwk("kid-2", &OTHER_KEY)]);
    let signed_by =
        |kid: &str| format!("Bearer {}", sign(&changed(jose_header(), "kid", json!(kid)), &api.v1(), &OTHER_KEY));
    assert!(is_accepted(&api.send_authorization(&signed_by("kid-2")).await));
    assert!(api.send_claims(&api.v1()).await.starts_with("401"));
    assert_eq!(api.login.fetches.load(Ordering::SeqCst), 2);
    *api.login.keys.lock().unwrap() = json!([jwk("kid-3", &OTHER_KEY)]);
    for kid in ["kid-3", "kid-4", "kid-5"] {
        assert!(api.send_authorization(&signed_by(kid)).await.starts_with("401"));
    }
    assert_eq!(api.login.fetches.load(Ordering::SeqCst), 2);
    api.world.outside.later.store(60, Ordering::SeqCst);
    assert!(is_accepted(&api.send_authorization(&signed_by("kid-3")).await));
    assert_eq!(api.login.fetches.load(Ordering::SeqCst), 3);
}

/// A token that cannot be verified is not called invalid: a new token would not help the caller.
#[tokio::test]
async fn answers_503_for_unknown_key_after_failed_fetch() {
    let api = ProtectedApi::new().await;
    assert!(is_accepted(&api.send_claims(&api.v1()).await));
    *api.login.keys.lock().unwrap() = json!([jwk("kid-1", &KEY), jwk("kid-2", &OTHER_KEY)]);
    api.login.down.store(true, Ordering::SeqCst);
    let rotated = format!("Bearer {}", sign(&changed(jose_header(), "kid", json!("kid-2")), &api.v1(), &OTHER_KEY));
    let answer = api.send_authorization(&rotated).await;
    assert!(answer.starts_with("503") && answer.contains("retry-after: 5"), "{answer}");
    assert!(is_accepted(&api.send_claims(&api.v1()).await));
    api.login.down.store(false, Ordering::SeqCst);
    assert!(api.send_authorization(&rotated).await.starts_with("503"));
    api.world.outside.later.store(5, Ordering::SeqCst);
    assert!(is_accepted(&api.send_authorization(&rotated).await));
    assert_eq!(api.login.fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn keeps_cached_keys_after_failed_refresh() {
    let api = ProtectedApi::new().await;
    let forever = changed(api.v1(), "exp", json!(START + 1_000_000));
    assert!(is_accepted(&api.send_claims(&forever).await));
    api.login.down.store(true, Ordering::SeqCst);
    api.world.outside.later.store(24 * 3600, Ordering::SeqCst);
    assert!(is_accepted(&api.send_claims(&forever).await));
    api.login.down.store(false, Ordering::SeqCst);
    // The refresh runs in the background. It needs another minute, which passes with each attempt.
    for minutes in 1..100 {
        api.world.outside.later.store(24 * 3600 + minutes * 60, Ordering::SeqCst);
        assert!(is_accepted(&api.send_claims(&forever).await));
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        if api.login.fetches.load(Ordering::SeqCst) == 2 {
            return;
        }
    }
    panic!("the keys were not refreshed");
}

#[tokio::test]
async fn answers_503_without_keys() {
    let api = ProtectedApi::new().await;
    api.login.down.store(true, Ordering::SeqCst);
    insta::assert_snapshot!(api.send_claims(&api.v1()).await);
    api.login.down.store(false, Ordering::SeqCst);
    api.world.outside.later.store(5, Ordering::SeqCst);
    assert!(is_accepted(&api.send_claims(&api.v1()).await));
}

#[tokio::test]
async fn concurrent_callers_share_one_fetch() {
    let api = ProtectedApi::new().await;
    let claims = api.v1();
    let answers = futures::future::join_all((0..8).map(|_| api.send_claims(&claims))).await;
    assert!(answers.iter().all(|answer| is_accepted(answer)));
    assert_eq!(api.login.fetches.load(Ordering::SeqCst), 1);
}

#[test]
fn rejects_empty_settings() {
    let settings = TokenSettings {
        metadata: "https://login.example/metadata".into(),
        tenant: TENANT.into(),
        issuers: vec![],
        audiences: vec![AUDIENCE.into()],
        client_apps: vec![CALLER.into()],
    };
    let make = |change: fn(&mut TokenSettings)| {
        let mut settings = settings.clone();
        change(&mut settings);
        let clock = World::new().outside;
        TokenValidator::new(settings, Client::new(ClientOptions::default()).unwrap(), clock).err()
    };
    assert_eq!(make(|_| {}), None);
    assert_eq!(make(|settings| settings.audiences = vec![" ".into()]), Some(SettingsError::NoAudience));
    assert_eq!(make(|settings| settings.client_apps.clear()), Some(SettingsError::NoClientApp));
    assert_eq!(make(|settings| settings.tenant.clear()), Some(SettingsError::NoTenant));
}
