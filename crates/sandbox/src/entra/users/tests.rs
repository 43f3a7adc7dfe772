use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::DEVICE_CODE;
use crate::ground::directory::TENANT_ID;
use crate::testing::{ADA, Bench, CONNECTOR, TEST_CLIENT, read};

const API: &str = "api://fido-connector-api.contoso.onmicrosoft.com";
const GRACE: &str = "grace.hopper@contoso.onmicrosoft.com";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CALLBACK: &str = "http://127.0.0.1:4711/console/callback";

fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

async fn begin(bench: &Bench, client: &str) -> (u16, Value) {
    let form = [("client_id", client), ("scope", &format!("{API}/.default openid profile offline_access"))];
    read(bench.http.post(bench.url(&format!("{TENANT_ID}/oauth2/v2.0/devicecode"))).form(&form)).await
}

async fn redeem(bench: &Bench, form: &[(&str, &str)]) -> (u16, Value) {
    let answer = bench.token_answer(&TENANT_ID.to_string(), form).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn poll(bench: &Bench, begun: &Value) -> (u16, Value) {
    let device_code = begun["device_code"].as_str().unwrap();
    redeem(bench, &[("grant_type", DEVICE_CODE), ("client_id", TEST_CLIENT.0), ("device_code", device_code)]).await
}

async fn error(bench: &Bench, begun: &Value) -> Value {
    let (status, body) = poll(bench, begun).await;
    assert_eq!(status, 400, "{body}");
    body["error"].clone()
}

/// A browser without scripts: it follows no redirects and keeps no cookies by itself.
#[expect(clippy::disallowed_methods, reason = "the tests are clients of the sandbox and use their own HTTP client")]
fn browser() -> Client {
    Client::builder().no_proxy().redirect(Policy::none()).build().unwrap()
}

fn hidden(page: &str) -> String {
    page.split("name=\"interaction\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn login(bench: &Bench, form: &[(&str, &str)]) -> Response {
    browser().post(bench.url("login")).form(form).send().await.unwrap()
}

fn authorize(bench: &Bench, more: &[(&str, &str)]) -> String {
    let mut url = url::Url::parse(&bench.url(&format!("{TENANT_ID}/oauth2/v2.0/authorize"))).unwrap();
    let usual = [
        ("client_id", CONNECTOR.0),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile"),
        ("state", "s&1"),
        ("nonce", "n-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let kept = usual.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    url.query_pairs_mut().extend_pairs(kept.chain(more).filter(|(_, value)| !value.is_empty()));
    url.into()
}

/// Returns the parameter of the address that a browser is sent to.
fn sent(address: &str, name: &str) -> String {
    let url = url::Url::parse(address).unwrap();
    let found = url.query_pairs().find(|(one, _)| one == name).map(|(_, value)| value.into_owned());
    found.unwrap_or_default()
}

fn location(answer: &Response) -> String {
    answer.headers()["location"].to_str().unwrap().to_owned()
}

async fn code(bench: &Bench, more: &[(&str, &str)], age: u32) -> String {
    let wanted = json!({ "user": GRACE, "authorize": authorize(bench, more), "age_seconds": age });
    let (status, body) = read(bench.post("control/sign-ins", &wanted)).await;
    assert_eq!(status, 200, "{body}");
    sent(body["location"].as_str().unwrap(), "code")
}

fn code_form<'a>(code: &'a str, verifier: &'a str, uri: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("grant_type", "authorization_code"),
        ("client_id", CONNECTOR.0),
        ("client_secret", CONNECTOR.1),
        ("code", code),
        ("code_verifier", verifier),
        ("redirect_uri", uri),
    ]
}

#[tokio::test]
async fn a_user_accepts_a_device() {
    let bench = Bench::start().await;
    bench.put("control/settings", &json!({ "device_code_interval": 0 })).send().await.unwrap();
    let (status, begun) = begin(&bench, TEST_CLIENT.0).await;
    assert_eq!((status, &begun["expires_in"]), (200, &json!(900)), "{begun}");
    assert_eq!(begun["verification_uri"], bench.url("device"));
    assert_eq!(error(&bench, &begun).await, "authorization_pending");
    let page = bench.get("device").send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let wrong = browser().post(bench.url("device")).form(&[("otc", "AAAAAAAAA")]).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
    // As a user types it.
    let typed = begun["user_code"].as_str().unwrap().to_lowercase();
    let page = browser().post(bench.url("device")).form(&[("otc", format!("{} -{}", &typed[..4], &typed[4..]))]);
    let interaction = hidden(&page.send().await.unwrap().text().await.unwrap());
    let password =
        |login_name, passwd| [("interaction", interaction.as_str()), ("login", login_name), ("passwd", passwd)];
    for (name, passwd, code) in [
        (GRACE, "wrong", "AADSTS50126"),
        ("nobody@x", "sandbox-password", "AADSTS50034"),
        ("disabled@contoso.onmicrosoft.com", "sandbox-password", "AADSTS50057"),
    ] {
        let answer = login(&bench, &password(name, passwd)).await;
        assert_eq!(answer.status(), 400);
        assert!(answer.text().await.unwrap().contains(code), "{code}");
    }
    let answer = login(&bench, &password(GRACE, "sandbox-password")).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly; SameSite=Lax") && !cookie.contains("Domain"), "{cookie}");
    assert!(answer.text().await.unwrap().contains("Are you trying to sign in to Test client?"));
    // The password alone decides nothing.
    assert_eq!(error(&bench, &begun).await, "authorization_pending");
    let accept = [("interaction", interaction.as_str()), ("action", "accept")];
    assert!(login(&bench, &accept).await.text().await.unwrap().contains("Signed in"));
    assert_eq!(login(&bench, &accept).await.status(), 400, "a page is used once");
    let (status, issued) = poll(&bench, &begun).await;
    assert_eq!(status, 200, "{issued}");
    assert_eq!(error(&bench, &begun).await, "invalid_grant", "a code is used once");
    let access = claims(&issued["access_token"]);
    assert_eq!(
        (&access["aud"], &access["appid"], &access["appidacr"]),
        (&json!(API), &json!(TEST_CLIENT.0), &json!("0"))
    );
    assert_eq!(access["roles"].as_array().unwrap().len(), 6);
    assert!(access["scp"].as_str().unwrap().contains("create_request Keyferry.Order"), "{access}");
    let id = claims(&issued["id_token"]);
    assert_eq!((&id["aud"], &id["preferred_username"]), (&json!(TEST_CLIENT.0), &json!(GRACE)));
    assert_eq!(id["oid"], access["oid"]);
    assert_ne!(id["sub"], access["sub"], "subjects are pairwise");

    // Renewal, until the sign-in is revoked.
    let refresh = issued["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("client_id", TEST_CLIENT.0), ("refresh_token", refresh)];
    assert_eq!(redeem(&bench, &form).await.0, 200);
    assert_eq!(redeem(&bench, &[form[0], ("client_id", CONNECTOR.0), form[2]]).await.1["error"], "invalid_grant");
    assert_eq!(bench.delete(&format!("control/sign-ins/{GRACE}")).send().await.unwrap().status(), 204);
    assert_eq!(redeem(&bench, &form).await.1["error_codes"], json!([50173]));
}

#[tokio::test]
async fn a_device_is_declined_expires_and_must_not_hurry() {
    let bench = Bench::start().await;
    let (_, begun) = begin(&bench, TEST_CLIENT.0).await;
    assert_eq!(error(&bench, &begun).await, "authorization_pending");
    assert_eq!(error(&bench, &begun).await, "slow_down");
    bench.pass(6).await;
    assert_eq!(error(&bench, &begun).await, "slow_down", "the interval is ten seconds now");
    bench.pass(16).await;
    assert_eq!(error(&bench, &begun).await, "authorization_pending");
    let decline = json!({ "user": ADA, "user_code": begun["user_code"], "accept": false });
    assert_eq!(bench.post("control/sign-ins", &decline).send().await.unwrap().status(), 200);
    assert_eq!(error(&bench, &begun).await, "authorization_declined");
    let (_, begun) = begin(&bench, TEST_CLIENT.0).await;
    bench.pass(901).await;
    assert_eq!(error(&bench, &begun).await, "expired_token");
    let accept = json!({ "user": ADA, "user_code": begun["user_code"] });
    assert_eq!(bench.post("control/sign-ins", &accept).send().await.unwrap().status(), 400);
    assert_eq!(error(&bench, &json!({ "device_code": "x" })).await, "bad_verification_code");
    // A client that may not sign users in without its secret.
    assert_eq!(begin(&bench, CONNECTOR.0).await.1["error_codes"], json!([7_000_218]));
}

#[tokio::test]
async fn a_code_is_bound_to_its_request_and_used_once() {
    let bench = Bench::start().await;
    let one = code(&bench, &[], 0).await;
    let (status, issued) = redeem(&bench, &code_form(&one, VERIFIER, CALLBACK)).await;
    assert_eq!(status, 200, "{issued}");
    let id = claims(&issued["id_token"]);
    assert_eq!((&id["nonce"], &id["aud"], &id["ver"]), (&json!("n-1"), &json!(CONNECTOR.0), &json!("2.0")));
    assert_eq!((&id["name"], id["roles"].as_array().map(Vec::len)), (&json!("Grace Hopper"), Some(6)));
    assert!(issued.get("refresh_token").is_none());
    assert_eq!(redeem(&bench, &code_form(&one, VERIFIER, CALLBACK)).await.1["error_codes"], json!([54005]));
    for (verifier, uri, expected) in
        [("x", CALLBACK, 501_481), (VERIFIER, "http://127.0.0.1:4712/console/callback", 500_112)]
    {
        let code = code(&bench, &[], 0).await;
        assert_eq!(redeem(&bench, &code_form(&code, verifier, uri)).await.1["error_codes"], json!([expected]));
    }
    let without_secret = code(&bench, &[], 0).await;
    let form = code_form(&without_secret, VERIFIER, CALLBACK);
    let form: Vec<_> = form.into_iter().filter(|(name, _)| *name != "client_secret").collect();
    assert_eq!(redeem(&bench, &form).await.1["error"], "invalid_client");
    let late = code(&bench, &[], 0).await;
    bench.pass(601).await;
    assert_eq!(redeem(&bench, &code_form(&late, VERIFIER, CALLBACK)).await.1["error_codes"], json!([70008]));
}

#[tokio::test]
async fn requests_are_checked_before_a_page_is_shown() {
    let bench = Bench::start().await;
    // An unknown place gets nothing.
    for more in [
        [("redirect_uri", "http://127.0.0.1:4711/console/callback/x")],
        [("redirect_uri", "https://evil.example/console/callback")],
        [("redirect_uri", "http://127.0.0.1@evil.example/console/callback")],
        [("client_id", "0c0ffee0-0000-4000-8000-0000000000ff")],
    ] {
        let answer = browser().get(authorize(&bench, &more)).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers().get("location")), (400, None), "{more:?}");
    }
    for (more, expected) in [
        ([("response_type", "id_token")], "unsupported_response_type"),
        ([("code_challenge", "")], "invalid_request"),
        ([("code_challenge_method", "plain")], "invalid_request"),
        ([("prompt", "none login")], "invalid_request"),
        ([("scope", "api://nobody/.default")], "invalid_resource"),
        ([("prompt", "none")], "login_required"),
    ] {
        let answer = browser().get(authorize(&bench, &more)).send().await.unwrap();
        let address = location(&answer);
        assert!(address.starts_with(CALLBACK), "{address}");
        assert_eq!((sent(&address, "error").as_str(), sent(&address, "state").as_str()), (expected, "s&1"));
    }
}

#[tokio::test]
async fn a_session_signs_in_again_unless_it_is_too_old() {
    let bench = Bench::start().await;
    let page = browser().get(authorize(&bench, &[("login_hint", GRACE)])).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:4711;"), "{policy}");
    let page = page.text().await.unwrap();
    assert!(page.contains(&format!("value=\"{GRACE}\" list")) && !page.contains("<script"), "{page}");
    let interaction = hidden(&page);
    let form = [("interaction", interaction.as_str()), ("login", GRACE), ("passwd", "sandbox-password")];
    let answer = login(&bench, &form).await;
    assert_eq!(answer.status(), 303);
    assert_eq!(sent(&location(&answer), "code").len(), 64);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let ask = async |more: &[(&str, &str)]| {
        browser().get(authorize(&bench, more)).header("cookie", &cookie).send().await.unwrap()
    };
    assert!(!sent(&location(&ask(&[("prompt", "none")]).await), "code").is_empty());
    assert_eq!(ask(&[]).await.status(), 302);
    assert_eq!(ask(&[("prompt", "login")]).await.status(), 200);
    assert_eq!(ask(&[("login_hint", "ada.lovelace@contoso.onmicrosoft.com")]).await.status(), 200);
    assert_eq!(ask(&[("max_age", "600")]).await.status(), 302);
    bench.pass(601).await;
    assert_eq!(ask(&[("max_age", "600")]).await.status(), 200);
    assert_eq!(sent(&location(&ask(&[("max_age", "600"), ("prompt", "none")]).await), "error"), "login_required");
    let page = ask(&[("prompt", "login")]).await.text().await.unwrap();
    let interaction = hidden(&page);
    let answer = login(&bench, &[("interaction", interaction.as_str()), ("action", "cancel")]).await;
    assert_eq!(sent(&location(&answer), "error"), "access_denied");
    let out = format!("{TENANT_ID}/oauth2/v2.0/logout?post_logout_redirect_uri=https%3A%2F%2Fevil.example");
    assert_eq!(browser().get(bench.url(&out)).header("cookie", &cookie).send().await.unwrap().status(), 200);
    assert_eq!(ask(&[]).await.status(), 200);
}

#[tokio::test]
async fn auth_time_is_that_of_the_password() {
    let bench = Bench::start().await;
    let code = code(&bench, &[], 3000).await;
    let id = claims(&redeem(&bench, &code_form(&code, VERIFIER, CALLBACK)).await.1["id_token"]);
    let age = id["exp"].as_i64().unwrap() - 3600 - id["auth_time"].as_i64().unwrap();
    assert!((2999..3010).contains(&age), "{id}");
}

#[tokio::test]
async fn roles_follow_the_control_api() {
    let bench = Bench::start().await;
    let change = |roles: Value| bench.patch(&format!("control/users/{ADA}"), &json!({ "appRoles": roles }));
    assert_eq!(read(change(json!(["Keyferry.Everything"]))).await.0, 400);
    assert_eq!(read(change(json!(["Keyferry.Read"]))).await.0, 200);
    let wanted = json!({ "user": ADA, "authorize": authorize(&bench, &[]) });
    let (_, body) = read(bench.post("control/sign-ins", &wanted)).await;
    let code = sent(body["location"].as_str().unwrap(), "code");
    let id = claims(&redeem(&bench, &code_form(&code, VERIFIER, CALLBACK)).await.1["id_token"]);
    assert_eq!(id["roles"], json!(["Keyferry.Read"]));
}
