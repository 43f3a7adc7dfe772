//! Attempts to enter the console, or to act, without being the user.

use keyferry_proof_support::GRACE;
use reqwest::Method;
use serde_json::json;
use url::Url;

use super::browser::{Browser, Page, SESSION, SIGN_IN};
use super::support::Demo;

/// Returns the address with another value of a parameter.
fn with(address: &str, name: &str, value: &str) -> String {
    let mut url = Url::parse(address).unwrap();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let pairs =
        pairs.into_iter().map(|(found, old)| if found == name { (found, value.to_owned()) } else { (found, old) });
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    url.set_query(Some(&query));
    url.into()
}

/// Signs Grace in for a request to the authorization endpoint. Returns the address that the browser would go to.
async fn authorized(demo: &Demo, authorize: &str) -> String {
    let wanted = json!({ "user": GRACE, "authorize": authorize });
    let answer = demo.control(Method::POST, "/sign-ins", &wanted).await;
    answer["location"].as_str().unwrap().to_owned()
}

/// Begins a sign-in. Returns the request to the authorization endpoint.
async fn begin(browser: &mut Browser) -> String {
    browser.get("/sign-in").await.leads_to().unwrap()
}

fn assert_refused(browser: &Browser, page: &Page, status: u16) {
    assert_eq!(page.status, status, "{}", page.text);
    assert!(page.text.contains("<h1>You are not signed in</h1>"), "{}", page.text);
    assert!(!browser.cookies.contains_key(SESSION) && !browser.cookies.contains_key(SIGN_IN), "{:?}", browser.cookies);
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_of_another_sign_in_are_refused() {
    let demo = Demo::with(&["--verbose"]).await;
    let mut browser = Browser::of(&demo);

    // Without an attempt, with a damaged one, and with another state.
    let page = browser.get("/callback?code=x&state=y").await;
    assert_refused(&browser, &page, 400);
    browser.cookies.insert(SIGN_IN.to_owned(), "AAAA.AAAA".to_owned());
    let page = browser.get("/callback?code=x&state=y").await;
    assert_refused(&browser, &page, 400);
    let good = authorized(&demo, &begin(&mut browser).await).await;
    let page = browser.get(&with(&good, "state", "guessed")).await;
    assert_refused(&browser, &page, 400);
    // The attempt is used up, and its code with it.
    let page = browser.get(&good).await;
    assert_refused(&browser, &page, 400);

    // An attacker's own response, by a link: the victim must not be signed in as the attacker.
    let mut attacker = Browser::of(&demo);
    let theirs = authorized(&demo, &begin(&mut attacker).await).await;
    begin(&mut browser).await;
    let page = browser.get(&theirs).await;
    assert_refused(&browser, &page, 400);

    // A code that belongs to another nonce, or to another code verifier.
    for (name, value) in [("nonce", "another-nonce"), ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")]
    {
        let request = with(&begin(&mut browser).await, name, value);
        let page = browser.get(&authorized(&demo, &request).await).await;
        assert_refused(&browser, &page, 502);
    }
    let log = demo.log();
    assert!(log.contains("belongs to another sign-in (nonce)") && log.contains("AADSTS501481"), "{log}");

    // A code that was made up. An error with another state is not taken for that of this attempt.
    let state = Url::parse(&begin(&mut browser).await).unwrap();
    let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let page = browser.get(&format!("/callback?code=made-up&state={state}")).await;
    assert_refused(&browser, &page, 502);
    begin(&mut browser).await;
    let page = browser.get("/callback?error=access_denied&error_description=%3Cb%3E&state=x").await;
    assert_refused(&browser, &page, 400);
    assert!(!page.text.contains("<b>"));

    // The honest way still works.
    let good = authorized(&demo, &begin(&mut browser).await).await;
    let page = browser.open(&good).await;
    assert!(page.status == 200 && browser.cookies.contains_key(SESSION), "{}", page.text);
    // A code is used once: the browser's "back" does not sign in.
    browser.cookies.remove(SESSION);
    let page = browser.get(&good).await;
    assert_refused(&browser, &page, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_session_is_never_the_users() {
    let demo = Demo::start().await;
    let mut browser = Browser::of(&demo);
    // An id that the attacker invented.
    let invented = "A".repeat(43);
    browser.cookies.insert(SESSION.to_owned(), invented.clone());
    browser.sign_in(GRACE, "").await;
    let first = browser.cookies[SESSION].clone();
    assert_ne!(first, invented);
    // The session that was there before the sign-in ends, and the new one has another id.
    let request = begin(&mut browser).await;
    let back = authorized(&demo, &request).await;
    browser.open(&back).await;
    let second = browser.cookies[SESSION].clone();
    assert_ne!(second, first);
    for (session, status) in [(invented, 303), (first, 303), (second, 200)] {
        browser.cookies.insert(SESSION.to_owned(), session);
        assert_eq!(browser.get("").await.status, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_other_sites_are_refused() {
    let demo = Demo::start().await;
    let (mut browser, mut other) = (Browser::grace(&demo).await, Browser::grace(&demo).await);
    let (csrf, others) = (browser.get("").await.hidden("csrf"), other.get("").await.hidden("csrf"));
    for form in [&[][..], &[("csrf", "")], &[("csrf", "x")], &[("csrf", &others)], &[("Csrf", &csrf)]] {
        let page = browser.post("/sign-out", form).await;
        assert!(page.status == 403 && page.text.contains("not from this session"), "{form:?}: {}", page.text);
    }
    for site in ["cross-site", "same-site", "none"] {
        let page = browser.post_with("/sign-out", &[("csrf", &csrf)], ("sec-fetch-site", site)).await;
        assert_eq!(page.status, 403, "{site}");
    }
    // Signing out is not possible by a link, either.
    assert_eq!(browser.get("/sign-out").await.status, 405);
    assert_eq!(browser.get("").await.status, 200);
    // A form of a session that has ended changes nothing and does not lead to the sign-in.
    let session = browser.cookies.remove(SESSION).unwrap();
    let page = browser.post("/sign-out", &[("csrf", &csrf)]).await;
    assert!(page.status == 403 && page.text.contains("Your session has ended"), "{}", page.text);
    browser.cookies.insert(SESSION.to_owned(), session);
    let page = browser.post_with("/sign-out", &[("csrf", &csrf)], ("sec-fetch-site", "same-origin")).await;
    assert_eq!(page.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_never_leads_to_another_site() {
    let demo = Demo::start().await;
    for target in [
        "https://evil.example/console",
        "//evil.example",
        "/\\evil.example",
        "/console/../v1/status",
        "javascript:alert(1)",
    ] {
        let mut browser = Browser::of(&demo);
        let query: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
        let page = browser.sign_in(GRACE, &format!("/sign-in?return_to={query}")).await;
        assert_eq!((page.status, page.url.as_str()), (200, browser.console.as_str()), "{target}");
    }
    // The cookie's target is checked, too.
    let mut browser = Browser::of(&demo);
    let request = begin(&mut browser).await;
    let back = authorized(&demo, &request).await;
    let secret = browser.cookies[SIGN_IN].split('.').next().unwrap().to_owned();
    // https://evil.example in base64url
    browser.cookies.insert(SIGN_IN.to_owned(), format!("{secret}.aHR0cHM6Ly9ldmlsLmV4YW1wbGU"));
    let page = browser.get(&back).await;
    assert_eq!(page.leads_to().unwrap(), browser.console);
}
