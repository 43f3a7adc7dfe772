//! Sign-in, roles and sign-out.

use keyferry_proof_support::{ADA, ALAN, GRACE_ID};
use reqwest::Method;
use serde_json::json;

use super::browser::{Browser, SESSION, SIGN_IN};
use super::support::{Connector, Demo};

const BRIAN: &str = "o'brien#test@contoso.onmicrosoft.com";

#[tokio::test(flavor = "multi_thread")]
async fn operator_signs_in_and_out() {
    let demo = Demo::with(&["--verbose"]).await;
    let mut browser = Browser::of(&demo);
    let first = browser.get("").await;
    assert_eq!((first.status, first.header("location")), (303, "/console/sign-in?return_to=%2Fconsole"));
    let page = browser.open("").await;
    assert!(page.url.contains("/oauth2/v2.0/authorize") && page.text.contains("Sign in"), "{page:?}");
    for part in ["code_challenge_method=S256", "response_type=code", "nonce=", "state=", "scope=openid+profile"] {
        assert!(page.url.contains(part), "{part}: {}", page.url);
    }
    let back = browser.password(&page, "grace.hopper@contoso.onmicrosoft.com").await;
    // The browser comes from another site: the page after the sign-in leads on, so that the strict cookie is sent.
    let callback = browser.get(&back.leads_to().unwrap()).await;
    assert_eq!((callback.status, callback.header("referrer-policy")), (200, "no-referrer"));
    let cookies = callback.set_cookies();
    assert!(cookies[0].starts_with("keyferry-console=") && cookies[0].ends_with("; HttpOnly; SameSite=Strict"));
    assert!(cookies[1].starts_with("keyferry-console-sign-in=; ") && cookies[1].ends_with("Max-Age=0"), "{cookies:?}");
    let overview = browser.follow(callback).await;
    assert_eq!(overview.status, 200);
    assert!(overview.text.contains("<strong>Grace Hopper</strong>"), "{}", overview.text);
    // Only the hash of the session's id is stored.
    let session = browser.cookies[SESSION].clone();
    let stored = std::fs::read(demo.data_dir().join("keyferry.db")).unwrap();
    let log = std::fs::read(demo.data_dir().join("keyferry.db-wal")).unwrap_or_default();
    for bytes in [stored, log] {
        assert!(!bytes.windows(session.len()).any(|part| part == session.as_bytes()));
    }
    assert!(!demo.log().contains(&session));

    let csrf = overview.hidden("csrf");
    let out = browser.post("/sign-out", &[("csrf", &csrf)]).await;
    assert_eq!((out.status, out.header("location")), (303, "/console/signed-out"));
    let page = browser.follow(out).await;
    assert!(page.text.contains("You are signed out of Keyferry") && page.text.contains("/oauth2/v2.0/logout"));
    // A copy of the cookie is worthless.
    browser.cookies.insert(SESSION.to_owned(), session);
    assert_eq!(browser.get("").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_returns_to_the_page() {
    let demo = Demo::start().await;
    let mut browser = Browser::of(&demo);
    let page = browser.sign_in(ALAN, "/shipments?phase=accepted&user=ada%40contoso.example").await;
    assert_eq!(page.status, 200);
    assert!(page.url.ends_with("/console/shipments?phase=accepted&user=ada%40contoso.example"), "{}", page.url);
    assert!(!browser.cookies.contains_key(SIGN_IN));
    // A link in a mail: the browser sends no strict cookie, and is led on within this site.
    let session = browser.cookies.remove(SESSION).unwrap();
    let from_mail = browser.get_with("/shipments", ("sec-fetch-site", "cross-site")).await;
    assert_eq!(from_mail.status, 200);
    browser.cookies.insert(SESSION.to_owned(), session);
    let page = browser.follow(from_mail).await;
    assert!(page.status == 200 && page.text.contains("<h1>Shipments</h1>"), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_of_the_user_decide() {
    let demo = Demo::with(&["--verbose"]).await;
    demo.order(ADA).await;
    // No role at all: no session.
    let mut ada = Browser::of(&demo);
    let page = ada.sign_in(ADA, "").await;
    assert_eq!(page.status, 403);
    for role in ["Keyferry.Read", "Keyferry.Operate", "Keyferry.Pin", "Keyferry.Audit", "Keyferry.Order"] {
        assert!(page.text.contains(&format!("<code>{role}</code>")), "{role}: {}", page.text);
    }
    assert!(!ada.cookies.contains_key(SESSION));
    assert!(demo.log().contains("user without an app role tried to sign in to the console"));

    // Only the own orders: the one of the test client is invisible.
    let mut brian = Browser::signed_in(&demo, BRIAN).await;
    let list = brian.get("/shipments").await;
    assert!(list.status == 200 && list.text.contains("No shipment matches"), "{}", list.text);
    let id = demo.get("/v1/shipments").await.body["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(brian.get(&format!("/shipments/{id}")).await.status, 404);
    assert!(brian.get("").await.text.contains("No keys have been ordered yet."));
    assert!(!brian.get("/shipments.csv").await.text.contains(&id));

    // A role that does not permit reading.
    let change = json!({ "appRoles": ["Keyferry.Admin"] });
    demo.control(Method::PATCH, &format!("/users/{GRACE_ID}"), &change).await;
    let mut admin = Browser::grace(&demo).await;
    for path in ["", "/shipments", "/shipments.csv", &format!("/shipments/{id}")] {
        let page = admin.get(path).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(page.text.contains("<code>Keyferry.Read</code>") && !page.text.contains(ADA), "{path}: {}", page.text);
    }

    let mut alan = Browser::signed_in(&demo, ALAN).await;
    assert!(alan.get(&format!("/shipments/{id}")).await.text.contains(ADA));
}

/// One line per role: status of each page, and whether orders of others are visible.
#[tokio::test(flavor = "multi_thread")]
async fn each_role_opens_exactly_its_pages() {
    let demo = Demo::start().await;
    let shipment = demo.order(ADA).await;
    let pages = ["".to_owned(), "/shipments".to_owned(), "/shipments.csv".to_owned(), format!("/shipments/{shipment}")];
    for (role, statuses, sees_others) in [
        ("Order", [200, 200, 200, 404], false),
        ("Read", [200, 200, 200, 200], true),
        ("Operate", [200, 200, 200, 200], true),
        ("Pin", [200, 200, 200, 200], true),
        ("Audit", [200, 200, 200, 200], true),
        ("Admin", [403, 403, 403, 403], false),
    ] {
        let change = json!({ "appRoles": [format!("Keyferry.{role}")] });
        demo.control(Method::PATCH, &format!("/users/{GRACE_ID}"), &change).await;
        let mut browser = Browser::grace(&demo).await;
        for (path, status) in pages.iter().zip(statuses) {
            let page = browser.get(path).await;
            assert_eq!(page.status, status, "{role} {path}");
            assert!(!page.text.contains(ADA) || sees_others, "{role} {path}: {}", page.text);
        }
        assert_eq!(browser.get("/shipments").await.text.contains(ADA), sees_others, "{role}");
        // Signing out needs no role.
        let csrf = browser.get("/no/such/page").await.hidden("csrf");
        assert_eq!(browser.post("/sign-out", &[("csrf", &csrf)]).await.status, 303, "{role}");
    }
}

/// In drop-in mode, each allowed application may read everything. That is not true for each user of the tenant.
#[tokio::test(flavor = "multi_thread")]
async fn drop_in_mode_gives_users_no_rights() {
    let connector = Connector::with(&[("KEYFERRY_CONSOLE", "on"), ("KEYFERRY_ROLES", "drop-in")]).await;
    let mut browser = Browser::at(format!("{}/console", connector.api));
    let page = browser.sign_in(ADA, "").await;
    assert!(page.status == 403 && page.text.contains("Keyferry.Read"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn console_is_off_by_default() {
    let connector = Connector::start().await;
    let mut browser = Browser::at(format!("{}/console", connector.api));
    for path in ["", "/sign-in", "/callback", "/assets/console.css"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
}
