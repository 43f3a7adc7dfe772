//! Access tokens: good ones, and each defect.

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_http::{Client, ClientOptions};
use serde_json::{Value, json};

use super::door::{AUDIENCE, Door, KEY, OTHER_KEY, TENANT, changed, head, is_in, jwk, sign};
use crate::kit::auth::{SettingsError, TokenSettings, TokenValidator};
use crate::testing::doubles::START;
use crate::testing::show::show;
use crate::testing::world::{CALLER, World, order, request};

#[tokio::test]
async fn both_versions_are_let_in_and_the_application_is_the_caller() {
    let door = Door::new().await;
    assert!(is_in(&door.bear(&door.v1()).await));
    assert!(is_in(&door.bear(&door.v2()).await));
    assert!(is_in(&door.enter(&format!("bearer  {}", sign(&head(), &door.v1(), &KEY))).await));
    let mut order = request(Method::POST, "/v1/fpr/shipments", order().to_string());
    let token = sign(&head(), &door.v1(), &KEY);
    order.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    order.headers_mut().remove("x-ms-client-principal");
    assert!(show(door.world.send(order).await).await.starts_with("201"));
    assert_eq!(door.world.shipment().requested_by().as_str(), CALLER);
    assert_eq!(door.login.fetches.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn each_defect_of_the_claims_is_401() {
    let door = Door::new().await;
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
        let answer = door.bear(&changed(door.v1(), member, value.clone())).await;
        assert!(answer.starts_with("401"), "{member} {value}: {answer}");
        let challenge = answer.lines().find(|line| line.starts_with("www-authenticate")).unwrap();
        lines.push(format!("{member} = {value}: {challenge}"));
    }
    insta::assert_snapshot!(lines.join("\n"));
    // Clocks may be a minute apart.
    assert!(is_in(&door.bear(&changed(door.v1(), "exp", json!(START - 59))).await));
    assert!(is_in(&door.bear(&changed(door.v1(), "nbf", json!(START + 60))).await));
    door.world.outside.later.store(3660, Ordering::SeqCst);
    assert!(door.bear(&door.v1()).await.starts_with("401"));
}

#[tokio::test]
async fn each_defect_of_the_form_or_signature_is_401() {
    let door = Door::new().await;
    let good = sign(&head(), &door.v1(), &KEY);
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
        ("HS256", format!("Bearer {}", sign(&changed(head(), "alg", json!("HS256")), &door.v1(), &KEY))),
        ("RS512", format!("Bearer {}", sign(&changed(head(), "alg", json!("RS512")), &door.v1(), &KEY))),
        ("no kid", format!("Bearer {}", sign(&changed(head(), "kid", Value::Null), &door.v1(), &KEY))),
        ("unknown kid", format!("Bearer {}", sign(&changed(head(), "kid", json!("kid-9")), &door.v1(), &KEY))),
        ("crit", format!("Bearer {}", sign(&changed(head(), "crit", json!(["exp"])), &door.v1(), &KEY))),
        ("other key", format!("Bearer {}", sign(&head(), &door.v1(), &OTHER_KEY))),
        ("changed claims", format!("Bearer {}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode("{}"), parts[2])),
        ("too long", format!("Bearer {}", "x".repeat(20_000))),
    ] {
        let answer = door.enter(&authorization).await;
        assert!(answer.starts_with("401"), "{what}: {answer}");
        let challenge = answer.lines().find(|line| line.starts_with("www-authenticate")).unwrap();
        lines.push(format!("{what}: {challenge}"));
    }
    insta::assert_snapshot!(lines.join("\n"));
    let without = axum::http::Request::builder().uri("/v1/status").body(Body::empty()).unwrap();
    insta::assert_snapshot!("no_authorization", show(door.world.send(without).await).await);
}

#[tokio::test]
async fn who_is_known_and_may_not_is_403() {
    let door = Door::with(|settings| settings.required_role = Some("Orders.Create".into())).await;
    let with_role = changed(door.v1(), "roles", json!(["Orders.Create"]));
    assert!(is_in(&door.bear(&with_role).await));
    let delegated = changed(with_role.clone(), "scp", json!("openid create_request"));
    assert!(is_in(&door.bear(&delegated).await));
    let mut answers = Vec::new();
    for claims in [
        changed(with_role.clone(), "appid", json!("c11e0000-0000-4000-8000-000000000002")),
        changed(with_role.clone(), "appid", Value::Null),
        changed(changed(with_role.clone(), "appid", Value::Null), "azp", json!(CALLER)),
        changed(delegated, "scp", json!("openid create_request_not")),
        door.v1(),
    ] {
        let answer = door.bear(&claims).await;
        assert!(answer.starts_with("403"), "{claims}: {answer}");
        answers.push(answer);
    }
    insta::assert_snapshot!(answers.join("\n\n"));
}

#[tokio::test]
async fn rotated_keys_are_found_at_once_and_a_flood_of_unknown_ones_is_not_followed() {
    let door = Door::new().await;
    assert!(is_in(&door.bear(&door.v1()).await));
    *door.login.keys.lock().unwrap() = json!([{"kty": "EC", "kid": "ec"}, jwk("kid-2", &OTHER_KEY)]);
    let signed_by = |kid: &str| format!("Bearer {}", sign(&changed(head(), "kid", json!(kid)), &door.v1(), &OTHER_KEY));
    assert!(is_in(&door.enter(&signed_by("kid-2")).await));
    assert!(door.bear(&door.v1()).await.starts_with("401"));
    assert_eq!(door.login.fetches.load(Ordering::SeqCst), 2);
    *door.login.keys.lock().unwrap() = json!([jwk("kid-3", &OTHER_KEY)]);
    for kid in ["kid-3", "kid-4", "kid-5"] {
        assert!(door.enter(&signed_by(kid)).await.starts_with("401"));
    }
    assert_eq!(door.login.fetches.load(Ordering::SeqCst), 2);
    door.world.outside.later.store(60, Ordering::SeqCst);
    assert!(is_in(&door.enter(&signed_by("kid-3")).await));
    assert_eq!(door.login.fetches.load(Ordering::SeqCst), 3);
}

/// A token that nobody can judge is not called bad: its bearer would ask for another in vain.
#[tokio::test]
async fn an_unknown_key_while_no_keys_can_be_had_is_503_and_asked_for_again_soon() {
    let door = Door::new().await;
    assert!(is_in(&door.bear(&door.v1()).await));
    *door.login.keys.lock().unwrap() = json!([jwk("kid-1", &KEY), jwk("kid-2", &OTHER_KEY)]);
    door.login.down.store(true, Ordering::SeqCst);
    let rotated = format!("Bearer {}", sign(&changed(head(), "kid", json!("kid-2")), &door.v1(), &OTHER_KEY));
    let answer = door.enter(&rotated).await;
    assert!(answer.starts_with("503") && answer.contains("retry-after: 5"), "{answer}");
    assert!(is_in(&door.bear(&door.v1()).await));
    door.login.down.store(false, Ordering::SeqCst);
    assert!(door.enter(&rotated).await.starts_with("503"));
    door.world.outside.later.store(5, Ordering::SeqCst);
    assert!(is_in(&door.enter(&rotated).await));
    assert_eq!(door.login.fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn old_keys_stay_while_none_can_be_had_and_a_day_later_they_are_fetched_anew() {
    let door = Door::new().await;
    let forever = changed(door.v1(), "exp", json!(START + 1_000_000));
    assert!(is_in(&door.bear(&forever).await));
    door.login.down.store(true, Ordering::SeqCst);
    door.world.outside.later.store(24 * 3600, Ordering::SeqCst);
    assert!(is_in(&door.bear(&forever).await));
    door.login.down.store(false, Ordering::SeqCst);
    door.world.outside.later.store(24 * 3600 + 60, Ordering::SeqCst);
    assert!(is_in(&door.bear(&forever).await));
    assert_eq!(door.login.fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn without_any_keys_nobody_can_tell_until_they_come() {
    let door = Door::new().await;
    door.login.down.store(true, Ordering::SeqCst);
    insta::assert_snapshot!(door.bear(&door.v1()).await);
    door.login.down.store(false, Ordering::SeqCst);
    door.world.outside.later.store(5, Ordering::SeqCst);
    assert!(is_in(&door.bear(&door.v1()).await));
}

#[tokio::test]
async fn callers_at_the_same_moment_cause_one_fetch() {
    let door = Door::new().await;
    let claims = door.v1();
    let answers = futures::future::join_all((0..8).map(|_| door.bear(&claims))).await;
    assert!(answers.iter().all(|answer| is_in(answer)));
    assert_eq!(door.login.fetches.load(Ordering::SeqCst), 1);
}

#[test]
fn empty_lists_make_no_validator() {
    let settings = TokenSettings {
        metadata: "https://login.example/metadata".into(),
        tenant: TENANT.into(),
        issuers: vec![],
        audiences: vec![AUDIENCE.into()],
        client_apps: vec![CALLER.into()],
        required_role: None,
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
