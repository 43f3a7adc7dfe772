//! Health of the service: what is wrong, webhooks, and who sees what.

use keyferry_proof_support::{ADA, GRACE_ID};
use reqwest::Method;
use serde_json::json;

use super::browser::{Browser, Page};
use super::pages::assert_page;
use super::support::Demo;

const MARKUP: &str = "<script>alert(1)</script>\"'><img src=x>";

/// A port that nothing listens on, with a query that must not be shown.
const CLOSED: &str = "http://127.0.0.1:1/hook?key=confidential";

/// Opens the page when its checks have ended.
async fn checked(browser: &mut Browser) -> Page {
    for _ in 0..60 {
        let page = browser.get("/health").await;
        assert_page(&page);
        assert_eq!(page.status, 200, "{}", page.text);
        if !page.text.contains("The checks are running.") {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    panic!("the checks do not end")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_glance_shows_whether_something_is_wrong() {
    let demo = Demo::start().await;
    let mut browser = Browser::grace(&demo).await;
    let page = checked(&mut browser).await;
    for part in [
        "class=\"card verdict good\" role=\"status\"",
        "Nothing is wrong. Keyferry is ready, and all checks passed.",
        "This is a sandbox",
        "API token",
        "there are no events yet",
        "No webhook receives events.",
        "This process",
        "CRON_PROCESS_SHIPMENT_SCHEDULE",
        "Secret, set",
        env!("CARGO_PKG_VERSION"),
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    for secret in ["sandbox-connector-secret", "sandbox-delivery-token", "sandbox-logic-app-signature"] {
        assert!(!page.text.contains(secret), "{secret}");
    }

    // The button repeats only checks that are older than a minute.
    let csrf = page.hidden("csrf");
    let answer = browser.post("/health/check", &[("csrf", &csrf)]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/console/health#checks"));
    assert!(checked(&mut browser).await.text.contains("Nothing is wrong."));
    browser.language = "de";
    let page = browser.get("/health").await;
    assert_page(&page);
    assert!(page.text.contains("Alles in Ordnung."), "{}", page.text);
}

/// A shipment that waits for an operator is a warning, with what to do.
#[tokio::test(flavor = "multi_thread")]
async fn findings_name_what_to_do() {
    let demo = Demo::start().await;
    let shipment = demo.order("nomanager@contoso.onmicrosoft.com").await;
    demo.parcel_to(&shipment, 103).await;
    demo.process_until(&shipment, "an obstacle", |details| details["obstacle"].is_object()).await;
    let mut browser = Browser::grace(&demo).await;
    let page = checked(&mut browser).await;
    let id = demo.details(&shipment).await["id"].as_str().unwrap().to_owned();
    for part in
        ["class=\"card verdict alert\"", "with 1 warning.", "open shipments", "1 need an operator", &id, "What to do:"]
    {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_shown_with_their_deliveries_and_replayed() {
    let demo = Demo::start().await;
    let created = demo.post("/v1/webhooks", &json!({ "url": CLOSED, "description": MARKUP })).await;
    assert!(created.status.is_success(), "{}", created.body);
    let id = created.body["webhook"]["id"].as_str().unwrap().to_owned();
    demo.order(ADA).await;
    let deliveries = format!("/v1/webhooks/{id}/deliveries");
    demo.until("a failed attempt", async || {
        let page = demo.get(&deliveries).await.body;
        page["items"].as_array().unwrap().iter().any(|one| one["reason"].is_string())
    })
    .await;
    let mut browser = Browser::grace(&demo).await;
    let page = checked(&mut browser).await;
    assert!(page.text.contains("Failing since") && page.text.contains("&#60;script&#62;alert(1)"), "{}", page.text);
    assert!(page.text.contains("class=\"card verdict alert\""), "{}", page.text);
    let log = browser.get(&format!("/health/webhooks/{id}")).await;
    assert_page(&log);
    assert!(log.text.contains("shipment.accepted") && log.text.contains("Pending"), "{}", log.text);
    for page in [&page, &log] {
        assert!(page.text.contains("http://127.0.0.1:1/hook") && !page.text.contains("confidential"), "{}", page.text);
    }
    let dead = browser.get(&format!("/health/webhooks/{id}?state=dead")).await;
    assert!(dead.text.contains("No delivery matches."), "{}", dead.text);

    // A replay asks first.
    let item = demo.get(&deliveries).await.body["items"][0].clone();
    let message = item["message_id"].as_str().unwrap();
    let form = browser.get(&format!("/health/webhooks/{id}/replay?message={message}")).await;
    assert_page(&form);
    assert!(form.text.contains(message) && form.text.contains("may have processed a message already"), "{}", form.text);
    let csrf = form.hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("message", message)];
    let page = browser.post(&format!("/health/webhooks/{id}/replay"), &fields).await;
    assert_eq!(page.header("location"), format!("/console/health/webhooks/{id}?replayed=1"), "{}", page.text);
    let page = browser.follow(page).await;
    assert!(page.text.contains("1 message is sent again."), "{}", page.text);
    let page = browser.post(&format!("/health/webhooks/{id}/replay"), &[("csrf", csrf.as_str())]).await;
    assert_eq!(page.header("location"), format!("/console/health/webhooks/{id}?replayed=0"), "{}", page.text);
    let unknown = "0196f0a0-0000-7000-8000-00000000000a";
    let fields = [("csrf", csrf.as_str()), ("message", unknown)];
    let page = browser.post(&format!("/health/webhooks/{id}/replay"), &fields).await;
    assert_page(&page);
    assert!(page.status == 404 && page.text.contains("This was not done"), "{}", page.text);
    for path in [
        format!("/health/webhooks/{unknown}"),
        "/health/webhooks/x".to_owned(),
        format!("/health/webhooks/{id}/replay?message=x"),
        format!("/health/webhooks/{id}?cursor=%3Cscript%3E"),
        "/health/webhooks/..%2Fshipments".to_owned(),
    ] {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 404, "{path}");
        assert_page(&page);
    }
}

/// For each role: what the page shows, and requests that no page offered.
#[tokio::test(flavor = "multi_thread")]
async fn each_role_sees_what_its_operations_permit() {
    let demo = Demo::start().await;
    let created = demo.post("/v1/webhooks", &json!({ "url": CLOSED })).await;
    let id = created.body["webhook"]["id"].as_str().unwrap().to_owned();
    let shipment = demo.order(ADA).await;
    demo.until("a delivery", async || {
        !demo.get(&format!("/v1/webhooks/{id}/deliveries")).await.body["items"].as_array().unwrap().is_empty()
    })
    .await;
    let message = demo.get(&format!("/v1/webhooks/{id}/deliveries")).await.body["items"][0]["message_id"].clone();
    let message = message.as_str().unwrap();
    for role in ["Order", "Read", "Operate", "Pin", "Audit", "Admin"] {
        let change = json!({ "appRoles": [format!("Keyferry.{role}")] });
        demo.control(Method::PATCH, &format!("/users/{GRACE_ID}"), &change).await;
        let mut browser = Browser::grace(&demo).await;
        let page = checked(&mut browser).await;
        let sees_all = role != "Order";
        for part in [id.as_str(), "open shipments", "KEYFERRY_CONSOLE"] {
            assert_eq!(page.text.contains(part), sees_all, "{role} {part}: {}", page.text);
        }
        assert!(page.text.contains("FIDO_CONNECTOR_VERSION") != sees_all, "{role}");
        assert!(page.text.contains("Keyferry is ready") || page.text.contains("Nothing is wrong"), "{role}");
        let csrf = page.hidden("csrf");
        let fields = [("csrf", csrf.as_str()), ("message", message)];
        let status = |permitted: bool| if permitted { 200 } else { 403 };
        let log = format!("/health/webhooks/{id}");
        assert_eq!(browser.get(&log).await.status, status(sees_all), "{role}");
        let may_manage = role == "Admin";
        assert_eq!(browser.get(&format!("{log}/replay")).await.status, status(may_manage), "{role}");
        let offered = browser.get(&log).await.text.contains("Send again");
        assert_eq!(offered, may_manage, "{role}");
        let answer = browser.post("/health/check", &fields).await;
        assert_eq!(answer.status, if sees_all { 303 } else { 403 }, "{role}");
        let answer = browser.post(&format!("{log}/replay"), &fields).await;
        assert_eq!(answer.status, if may_manage { 303 } else { 403 }, "{role}: {}", answer.text);
        // Audit.
        let sees_events = !matches!(role, "Order" | "Admin");
        for path in ["/audit", "/audit.csv", "/audit.jsonl", "/audit/chain.jsonl"] {
            let page = browser.get(path).await;
            assert_eq!(page.status, status(sees_events), "{role} {path}");
            assert!(sees_events || !page.text.contains(&shipment), "{role} {path}");
        }
        let answer = browser.post("/audit/verify", &fields).await;
        assert_eq!(answer.status, if sees_events { 303 } else { 403 }, "{role}");
        assert_eq!(page.text.contains("href=\"/console/audit\""), sees_events, "{role}");
        // Requests that no page of the session caused.
        for path in ["/health/check".to_owned(), format!("{log}/replay"), "/audit/verify".to_owned()] {
            let forged = browser.post(&path, &[("csrf", "x"), ("message", message)]).await;
            assert_eq!(forged.status, 403, "{role} {path}");
            let forged = browser.post_with(&path, &fields, ("sec-fetch-site", "cross-site")).await;
            assert_eq!(forged.status, 403, "{role} {path}");
            assert!([404, 405].contains(&browser.get(&path).await.status) || path.ends_with("replay"), "{role} {path}");
        }
    }
}
