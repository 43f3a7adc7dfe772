//! Pages of the console.

use std::collections::BTreeSet;

use keyferry_proof_support::{ADA, ADA_ID, ALAN, GRACE_ID, order_for};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::browser::{Browser, Page};
use super::support::Demo;

const MARKUP: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// Checks what holds for each page.
pub(super) fn assert_page(page: &Page) {
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
        ("cross-origin-opener-policy", "same-origin"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(page.header(name), value, "{name} of {}", page.url);
    }
    let text = &page.text;
    // Nothing that the policy would block, and nothing that came from outside as markup.
    for bad in ["<style", " style=", "<script>", "<img", "onerror=alert", "javascript:", " onclick", "<iframe"] {
        let found = text.find(bad).map(|at| &text[at.saturating_sub(60)..(at + 60).min(text.len())]);
        // Escaped texts contain the words, but not the characters that begin markup.
        let harmless = bad == "onerror=alert" && !text.contains("<img");
        assert!(found.is_none() || harmless, "{bad} in {}: {found:?}", page.url);
    }
    for once in ["<main ", "<h1>", "<title>", "<html lang=\""] {
        assert_eq!(text.matches(once).count(), 1, "{once} in {}", page.url);
    }
    let ids: Vec<_> = text.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_finds_a_shipment_and_its_story() {
    let demo = Demo::start().await;
    let shipment = demo.complete_order(ADA).await;
    demo.order(ALAN).await;
    let mut browser = Browser::grace(&demo).await;

    let overview = browser.get("").await;
    assert_page(&overview);
    assert!(overview.text.contains("No shipment needs an operator."), "{}", overview.text);
    assert!(overview.text.contains("href=\"/console/shipments?phase=complete\">1<"), "{}", overview.text);

    let list = browser.get("/shipments?user=ada.lovelace%40contoso.onmicrosoft.com").await;
    assert_page(&list);
    assert!(list.text.contains(ADA) && !list.text.contains(ALAN) && list.text.contains("1 shipment<"), "{}", list.text);
    let page = browser.get(&format!("/shipments/{shipment}")).await;
    assert_page(&page);
    assert_eq!(page.status, 200);
    let details = demo.details(&shipment).await;
    let serial = details["keys"][0]["serial_number"].as_str().unwrap();
    for part in
        ["is registered, and its PIN was delivered", serial, "FEDEX", "https://tracking.example/", "Order accepted"]
    {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    // The PIN is in the mail, and nowhere else.
    let pin = pin(&demo).await;
    for page in [&overview, &list, &page] {
        assert!(!page.text.contains(&pin));
    }
    // By Keyferry's id, too.
    let id = details["id"].as_str().unwrap();
    assert_eq!(browser.get(&format!("/shipments/{id}")).await.status, 200);
    for unknown in ["0196f0a0-0000-7000-8000-00000000000a", "x", "%00", &"x".repeat(300)] {
        let page = browser.get(&format!("/shipments/{unknown}")).await;
        assert_eq!(page.status, 404, "{unknown}");
        assert_page(&page);
    }
    assert_page(&browser.get("/no/such/page").await);

    browser.language = "de-AT, en;q=0.5";
    for path in ["", "/shipments", &format!("/shipments/{shipment}"), "/no/such/page", "/signed-out"] {
        let page = browser.get(path).await;
        assert_page(&page);
        assert!(page.text.contains("<html lang=\"de\">"), "{path}");
    }
    let page = browser.get(&format!("/shipments/{shipment}")).await;
    assert!(page.text.contains("seine PIN wurde zugestellt") && page.text.contains("<p lang=\"en\">"), "{}", page.text);
}

/// Returns the PIN in the newest mail, which is the only mail.
async fn pin(demo: &Demo) -> String {
    let mails = demo.mails().await;
    let text = mails[0]["text"].as_str().unwrap_or_else(|| panic!("{mails:?}"));
    let pin: String =
        text.split("PIN:").nth(1).unwrap().trim_start().chars().take_while(char::is_ascii_digit).collect();
    assert_eq!((mails.len(), pin.len()), (1, 8), "{text}");
    pin
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_from_outside_is_text() {
    let demo = Demo::start().await;
    let name = json!({ "displayName": MARKUP });
    demo.control(Method::PATCH, &format!("/users/{GRACE_ID}"), &name).await;
    demo.control(Method::PATCH, &format!("/users/{ADA_ID}"), &name).await;
    let mut order = order_for(ADA);
    order["reference"] = json!(MARKUP);
    order["requested_by"] = json!(MARKUP);
    let queued = demo.post("/v1/orders", &order).await;
    assert!(queued.status.is_success(), "{}", queued.body);
    let id = queued.body["data"]["id"].as_str().or(queued.body["id"].as_str()).unwrap().to_owned();
    demo.until("the order to be accepted", async || demo.details(&id).await["phase"] == "accepted").await;
    let shipment = demo.details(&id).await["shipment_id"].as_str().unwrap().to_owned();

    // The delivery service reports markup as state, carrier and tracking number, and a script as link.
    let hostile = json!({
        "shipment_id": shipment,
        "shipment_state": {
            "shipment_state_id": 5, "shipment_state_code": MARKUP, "shipment_state_message": MARKUP,
        },
        "shipment_messages": [{ "message": MARKUP }],
        "carrier": MARKUP, "tracking_number": MARKUP, "tracking_link": "javascript:alert(3)",
        "shipment_items": [],
    });
    let fault = json!({
        "endpoint": "delivery.status", "kind": "wrong_answer", "status": 200, "body": hostile.to_string(),
    });
    demo.fault(&fault).await;
    let arrived = |details: &Value| details["tracking"]["number"].as_str().is_some_and(|it| it.contains("alert(1)"));
    demo.process_until(&id, "the hostile state", arrived).await;
    demo.clear_faults().await;

    // Its error texts, too.
    let refusal = json!({
        "endpoint": "delivery.status", "kind": "wrong_answer", "status": 400,
        "body": json!({ "error_code": MARKUP, "error_message": MARKUP, "message": MARKUP }).to_string(),
    });
    demo.fault(&refusal).await;
    demo.process().await;
    let details = demo.details(&id).await;
    let shown = details.to_string();
    assert!(shown.matches("alert(1)").count() >= 3, "the texts did not arrive: {details}");

    let mut browser = Browser::grace(&demo).await;
    let query: String = url::form_urlencoded::byte_serialize(MARKUP.as_bytes()).collect();
    let mut escaped = 0;
    for path in [
        "".to_owned(),
        "/shipments".to_owned(),
        format!("/shipments/{id}"),
        format!("/shipments?reference={query}"),
        format!("/shipments?phase={query}"),
        format!("/shipments?{query}=x"),
        format!("/shipments/{query}"),
        format!("/{query}"),
    ] {
        let page = browser.get(&path).await;
        assert_page(&page);
        escaped += page.text.matches("&#60;script&#62;alert(1)").count();
    }
    assert!(escaped > 12, "the texts are not shown: {escaped}");
    // A spreadsheet does not calculate what came from outside, either.
    let csv = browser.get("/shipments.csv").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(csv.header("x-content-type-options"), "nosniff");
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_are_in_the_address() {
    let demo = Demo::start().await;
    for _ in 0..2 {
        let mut order = order_for(ADA);
        order["additional"] = json!(true);
        assert_eq!(demo.post("/v1/orders", &order).await.status, StatusCode::ACCEPTED);
    }
    let accepted = "/v1/shipments?phase=accepted";
    demo.until("two accepted orders", async || demo.get(accepted).await.body["items"].as_array().unwrap().len() == 2)
        .await;
    let mut browser = Browser::grace(&demo).await;
    // What a form without scripts sends becomes an address to share.
    let long = "/shipments?user=&serial=&phase=accepted&phase=queued&needs_human=&sort=newest&batch=";
    let short = browser.get(long).await;
    assert_eq!(short.header("location"), "/console/shipments?phase=accepted%2Cqueued&sort=newest");
    let page = browser.follow(short).await;
    assert!(page.text.contains("value=\"accepted\" checked") && page.text.contains("2 shipments"), "{}", page.text);
    for (query, message) in [
        ("phase=lost", "State: “lost” is not valid"),
        ("created_from=tomorrow", "Ordered from: “tomorrow” is not valid. Enter a value such as 2026-11-01"),
        ("fase=accepted", "contains “fase”, which is not a condition"),
        ("user=a%40b.example&user=c%40d.example", "contains “user (again)”"),
        ("cursor=AAAA", "Page: “AAAA” is not valid"),
        ("product=one&obstacle=x", "Product id: “one” is not valid"),
    ] {
        let page = browser.get(&format!("/shipments?{query}")).await;
        assert_page(&page);
        assert!(page.status == 400 && page.text.contains(message), "{query}: {}", page.text);
        assert!(!page.text.contains(ADA), "a wrong condition must not show everything: {query}");
    }
    let csv = browser.get("/shipments.csv?phase=accepted").await;
    let api = demo.request(Method::GET, "/v1/shipments?phase=accepted&sort=newest").header("accept", "text/csv");
    assert_eq!(csv.text, api.send().await.unwrap().text().await.unwrap(), "the export is that of the API");
    let wrong = browser.get("/shipments.csv?phase=lost").await;
    assert_eq!((wrong.status, wrong.header("location")), (303, "/console/shipments?phase=lost"));
}

/// An address of the list can be used with the API.
#[test]
fn conditions_are_those_of_the_api() {
    let document: Value = serde_json::from_str(&keyferry_api::openapi_json()).unwrap();
    let parameters = document["paths"]["/v1/shipments"]["get"]["parameters"].as_array().unwrap();
    let api: BTreeSet<_> = parameters.iter().map(|it| it["name"].as_str().unwrap()).collect();
    let own: BTreeSet<_> = keyferry_console::parameters().chain(["cursor", "limit"]).collect();
    assert_eq!(own, api);
}

#[tokio::test(flavor = "multi_thread")]
async fn overview_groups_what_needs_a_human() {
    let demo = Demo::start().await;
    // Without a manager, there is no addressee for the PIN.
    let shipment = demo.order("nomanager@contoso.onmicrosoft.com").await;
    demo.parcel_to(&shipment, 103).await;
    demo.process_until(&shipment, "an obstacle", |details| details["obstacle"].is_object()).await;
    // An order whose response is lost.
    demo.fault(&json!({ "endpoint": "delivery.order", "kind": "fail_after", "times": 1 })).await;
    demo.create(&order_for(ALAN)).await;
    let mut browser = Browser::grace(&demo).await;
    let page = browser.get("").await;
    assert_page(&page);
    let code = demo.details(&shipment).await["obstacle"]["code"].as_str().unwrap().to_owned();
    for part in [
        format!("/console/work#cause-{code}"),
        "/console/work#unconfirmed".to_owned(),
        "adopt or abandon it".to_owned(),
    ] {
        assert!(page.text.contains(&part), "{part}: {}", page.text);
    }
    for link in [format!("code={code}"), "phase=unconfirmed".to_owned()] {
        let list = browser.get(&format!("/shipments?{link}&needs_human=true")).await;
        assert!(list.text.contains("1 shipment<"), "{link}: {}", list.text);
    }
    let page = browser.get(&format!("/shipments/{shipment}")).await;
    assert_page(&page);
    assert!(page.text.contains("<h2 id=\"todo\">What to do</h2>") && page.text.contains(&code), "{}", page.text);
}
