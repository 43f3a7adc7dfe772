//! An independent OpenID Connect client (npm `openid-client`) signs in at the sandbox, and its token opens the API.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the tests run outside of the program, with their own HTTP client")]

mod support;

use keyferry_outsiders::{ask, node};
use reqwest::Method;
use serde_json::json;
use support::Demo;

const TENANT: &str = "11111111-2222-4333-8444-555555555555";
const CONNECTOR: &str = "0c0ffee0-0000-4000-8000-000000000001";
const CLIENT: &str = "0c0ffee0-0000-4000-8000-000000000002";
const GRACE: &str = "grace.hopper@contoso.onmicrosoft.com";
const GRACE_ID: &str = "a1000000-0000-4000-8000-000000000002";

#[tokio::test(flavor = "multi_thread")]
async fn openid_client_signs_in() {
    let Some(client) = node("oidc/client.mjs") else { return };
    let demo = Demo::start().await;
    let interval = json!({ "device_code_interval": 1 });
    demo.control(Method::PUT, "/settings", &interval).await;
    let base = demo.announced["sandbox"].as_str().unwrap().trim_end_matches('/').to_owned();
    let question = json!({
        "base": base, "tenant": TENANT, "user": GRACE, "password": "sandbox-password",
        "web": {
            "id": CONNECTOR, "secret": "sandbox-connector-secret",
            "redirect": "http://127.0.0.1:8080/console/callback",
        },
        "device": {
            "id": CLIENT,
            "scope": "api://fido-connector-api.contoso.onmicrosoft.com/.default openid profile",
        },
    });
    let answer = tokio::task::spawn_blocking(move || ask(client, &question)).await.unwrap();
    let web = &answer["web"];
    let who = [&web["oid"], &web["preferred_username"], &web["tid"]];
    assert_eq!(who, [GRACE_ID, GRACE, TENANT]);
    assert_eq!(web["roles"].as_array().map(Vec::len), Some(6), "{web}");
    assert!(web["auth_time"].is_i64() && web["nonce"].is_string(), "{web}");
    assert_eq!((&answer["renewed"]["sub"], &answer["renewed"]["auth_time"]), (&web["sub"], &web["auth_time"]));
    assert_eq!((&answer["declined"], &answer["silent"]), (&json!("access_denied"), &json!("login_required")));
    assert_eq!(answer["device_declined"], "authorization_declined");
    assert_eq!(answer["device"]["claims"]["oid"], GRACE_ID);
    assert_eq!(answer["metadata"]["device_authorization_endpoint"], format!("{base}/{TENANT}/oauth2/v2.0/devicecode"));
    let token = answer["device"]["access_token"].as_str().unwrap();
    let api = demo.announced["api"].as_str().unwrap().trim_end_matches('/');
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let status = http.get(format!("{api}/v1/shipments")).bearer_auth(token).send().await.unwrap().status();
    assert_eq!(status, 200);
}
