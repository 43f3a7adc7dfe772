//! Sign-in by the platform in front: its verified user, and everything that is not.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keyferry_proof_support::{ADA_ID, GRACE, GRACE_ID};
use reqwest::Method;
use serde_json::{Value, json};

use super::browser::{Browser, Page, SESSION};
use super::pages::assert_page;
use super::support::{Connector, Demo};

const TENANT: &str = "11111111-2222-4333-8444-555555555555";
const APP: &str = "0c0ffee0-0000-4000-8000-000000000001";
const BACK: &str = "http://localhost:1/console/callback";

// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A connector whose console trusts the platform.
async fn connector() -> Connector {
    Connector::with(&[
        ("KEYFERRY_BIND", "127.0.0.1"),
        ("KEYFERRY_CONSOLE", "on"),
        ("KEYFERRY_CONSOLE_SIGN_IN", "platform"),
    ])
    .await
}

/// Signs Grace in at the identity provider, as the platform does. Returns her ID token.
async fn id_token(world: &str) -> String {
    let mut browser = Browser::at(String::new());
    let authorize = format!(
        "{world}/{TENANT}/oauth2/v2.0/authorize?client_id={APP}&response_type=code&redirect_uri={BACK}\
         &scope=openid%20profile&state=s&nonce=platforms&code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    let page = browser.get(&authorize).await;
    let mut page = browser.password(&page, GRACE).await;
    let to = loop {
        let to = page.leads_to().unwrap_or_else(|| panic!("{}", page.text));
        if to.starts_with(BACK) {
            break to;
        }
        page = browser.get(&to).await;
    };
    let url = url::Url::parse(&to).unwrap();
    let code = url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", APP),
        ("client_secret", "sandbox-connector-secret"),
        ("code", &code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.post(format!("{world}/{TENANT}/oauth2/v2.0/token")).form(&form).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["id_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// A browser behind the platform, which names `user` with `token`.
fn behind(connector: &Connector, token: &str, user: &str) -> Browser {
    let mut browser = Browser::at(format!("{}/console", connector.api));
    browser.headers =
        vec![("x-ms-token-aad-id-token", token.to_owned()), ("x-ms-client-principal-id", user.to_owned())];
    browser
}

fn is_at_platform(page: &Page) -> bool {
    page.status == 303 && page.header("location").starts_with("/.auth/login/aad?post_login_redirect_uri=%2Fconsole%2F")
}

#[tokio::test(flavor = "multi_thread")]
async fn platforms_user_has_a_session_with_all_checks() {
    let connector = connector().await;
    let token = id_token(&connector.world).await;
    let mut browser = behind(&connector, &token, GRACE_ID);
    let page = browser.open("/health").await;
    assert_page(&page);
    assert!(page.status == 200 && page.text.contains("Grace Hopper"), "{} {}", page.url, page.text);
    let csrf = page.hidden("csrf");
    assert_eq!(browser.post("/health/check", &[("csrf", "x")]).await.status, 403);
    assert_eq!(browser.post("/health/check", &[("csrf", &csrf)]).await.status, 303);

    // The user signs out of the platform, or another one signs in: the session is of no use.
    let grace = browser.headers.clone();
    for headers in [
        vec![],
        vec![grace[0].clone()],
        vec![grace[0].clone(), ("x-ms-client-principal-id", ADA_ID.to_owned())],
        vec![grace[1].clone(), grace[1].clone()],
    ] {
        browser.headers = headers;
        assert_eq!(browser.get("/health").await.header("location").split('?').next(), Some("/console/sign-in"));
        assert_eq!(browser.post("/health/check", &[("csrf", &csrf)]).await.status, 403);
    }
    browser.headers = grace;
    let page = browser.post("/sign-out", &[("csrf", &csrf)]).await;
    let page = browser.follow(page).await;
    assert!(page.text.contains("href=\"/.auth/logout?post_logout_redirect_uri="), "{}", page.text);
    assert!(!browser.cookies.contains_key(SESSION));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_did_not_pass_names_no_user() {
    let connector = connector().await;
    let token = id_token(&connector.world).await;
    let parts: Vec<_> = token.split('.').collect();
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    claims["oid"] = json!(ADA_ID);
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    // Of the same issuer and with the same keys, but for another application.
    let foreign = connector.token.clone();
    let aged = json!({ "advance_seconds": -3 * 3600, "tokens_too": true });
    connector.control(Method::POST, "/clock", &aged).await;
    let expired = id_token(&connector.world).await;
    connector.control(Method::POST, "/clock", &json!({ "advance_seconds": 3 * 3600, "tokens_too": true })).await;
    for (name, forged, user) in [
        ("no token", String::new(), GRACE_ID),
        ("no JWT", "x".to_owned(), GRACE_ID),
        ("changed claims", format!("{}.{payload}.{}", parts[0], parts[2]), ADA_ID),
        ("no signature", format!("{none}.{payload}."), ADA_ID),
        ("another application", foreign, GRACE_ID),
        ("expired", expired, GRACE_ID),
        ("another user beside it", token.clone(), ADA_ID),
    ] {
        let mut browser = behind(&connector, &forged, user);
        if name == "no token" {
            browser.headers.remove(0);
        }
        assert!(is_at_platform(&browser.get("/sign-in?return_to=%2Fconsole").await), "{name}");
        // The browser comes back, and no circle begins.
        let page = browser.get("/sign-in?back=1").await;
        assert_page(&page);
        assert!(page.status == 502 && !browser.cookies.contains_key(SESSION), "{name}: {}", page.text);
    }
    // The principal is not signed: alone, it names no user, whatever roles it claims.
    let claims = json!([{ "typ": "oid", "val": GRACE_ID }, { "typ": "roles", "val": "Keyferry.Admin" }]);
    let principal = STANDARD.encode(json!({ "auth_typ": "aad", "claims": claims }).to_string());
    let mut browser = behind(&connector, "", GRACE_ID);
    browser.headers[0] = ("x-ms-client-principal", principal);
    assert!(is_at_platform(&browser.get("/sign-in").await));
    assert_eq!(browser.get("/sign-in?back=1").await.status, 502);
    // Two tokens: one of them may be a client's.
    let mut browser = behind(&connector, &token, GRACE_ID);
    browser.headers.push(("x-ms-token-aad-id-token", "x".to_owned()));
    assert_eq!(browser.get("/sign-in?back=1").await.status, 502);
    assert!(!connector.log().contains(&token), "the log contains no token");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_age_of_the_sign_in_count() {
    let connector = connector().await;
    let roles = |roles: Value| json!({ "appRoles": roles });
    let user = format!("/users/{GRACE_ID}");
    connector.control(Method::PATCH, &user, &roles(json!(["Keyferry.Order"]))).await;
    let mut browser = behind(&connector, &id_token(&connector.world).await, GRACE_ID);
    assert_eq!(browser.open("/health").await.status, 200);
    assert_eq!(browser.get("/audit").await.status, 403);
    connector.control(Method::PATCH, &user, &roles(json!([]))).await;
    let mut browser = behind(&connector, &id_token(&connector.world).await, GRACE_ID);
    assert_eq!(browser.open("/sign-in").await.status, 403);
    connector.control(Method::PATCH, &user, &roles(json!(["Keyferry.Operate"]))).await;

    // A password that was entered 15 minutes ago does not suffice for what cannot be undone.
    connector.control(Method::POST, "/clock", &json!({ "advance_seconds": -900, "tokens_too": true })).await;
    let old = id_token(&connector.world).await;
    connector.control(Method::POST, "/clock", &json!({ "advance_seconds": 900, "tokens_too": true })).await;
    let mut browser = behind(&connector, &old, GRACE_ID);
    assert_eq!(browser.open("/health").await.status, 200);
    let page = browser.get("/sign-in?prompt=login&return_to=%2Fconsole%2Faudit").await;
    assert!(is_at_platform(&page) && page.header("location").contains("&prompt=login&max_age=0"), "{page:?}");
    let page = browser.get("/sign-in?back=1&prompt=login&return_to=%2Fconsole%2Faudit").await;
    assert!(page.status == 403 && page.text.contains("did not confirm that you signed in again"), "{}", page.text);
    browser.headers[0].1 = id_token(&connector.world).await;
    let page = browser.open("/sign-in?back=1&prompt=login&return_to=%2Fconsole%2Faudit").await;
    assert!(page.status == 200 && page.url.ends_with("/console/audit"), "{} {}", page.url, page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_a_platform_are_ignored_without_the_setting() {
    let demo = Demo::start().await;
    let token = id_token(demo.announced["sandbox"].as_str().unwrap().trim_end_matches('/')).await;
    let mut browser = Browser::of(&demo);
    browser.headers = vec![("x-ms-token-aad-id-token", token), ("x-ms-client-principal-id", GRACE_ID.to_owned())];
    for path in ["/sign-in", "/sign-in?back=1"] {
        let to = browser.get(path).await.leads_to().unwrap();
        assert!(to.contains("/oauth2/v2.0/authorize?"), "{to}");
    }
    assert_eq!(browser.get("/health").await.header("location"), "/console/sign-in?return_to=%2Fconsole%2Fhealth");
    assert!(!browser.cookies.contains_key(SESSION));
}
