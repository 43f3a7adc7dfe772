//! Work list: what needs a human, grouped by cause.

use keyferry_proof_support::{ADA, ALAN, GRACE, order_for};
use reqwest::Method;
use serde_json::json;

use super::browser::Browser;
use super::pages::assert_page;
use super::support::Demo;

const NO_MANAGER: &str = "nomanager@contoso.onmicrosoft.com";

/// Makes a shipment whose PIN has no addressee.
async fn stuck(demo: &Demo, is_first: bool) -> String {
    let mut order = order_for(NO_MANAGER);
    order["additional"] = json!(!is_first);
    let created = demo.create(&order).await.body;
    let shipment = created["data"]["shipment_id"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
    demo.parcel_to(&shipment, 103).await;
    demo.process_until(&shipment, "an obstacle", |details| details["obstacle"].is_object()).await;
    shipment
}

#[tokio::test(flavor = "multi_thread")]
async fn group_is_tried_again_with_one_click_and_a_confirmed_number() {
    let demo = Demo::start().await;
    let mut browser = Browser::grace(&demo).await;
    let page = browser.get("/work").await;
    assert_page(&page);
    assert!(page.text.contains("Nothing is stuck."), "{}", page.text);

    let shipments = [stuck(&demo, true).await, stuck(&demo, false).await];
    let page = browser.get("/work").await;
    assert_page(&page);
    assert!(page.text.contains("2 ×</span> <span lang=\"en\">No manager"), "{}", page.text);
    for shipment in &shipments {
        let id = demo.details(shipment).await["id"].as_str().unwrap().to_owned();
        assert!(page.text.contains(&format!("href=\"/console/shipments/{id}\"")), "{}", page.text);
    }
    // The remedy is there once for both.
    let obstacle = demo.details(&shipments[0]).await["obstacle"]["message"].as_str().unwrap().to_owned();
    let remedy = obstacle.split(". ").last().unwrap();
    assert_eq!(page.text.matches(remedy).count(), 1, "{remedy}: {}", page.text);
    assert!(browser.get("").await.text.contains("/console/work#cause-no-manager"));

    let (csrf, reason) = (page.hidden("csrf"), "managers entered");
    let post = async |browser: &mut Browser, confirm: &str| {
        let fields = [("csrf", csrf.as_str()), ("code", "no-manager"), ("confirm", confirm), ("reason", reason)];
        browser.post("/try-again", &fields).await
    };
    // Meanwhile a third one came. Nothing changes, and the page shows the new number.
    stuck(&demo, false).await;
    let page = post(&mut browser, "2").await;
    assert_page(&page);
    assert!(page.status == 409 && page.text.contains("Meanwhile it is 3 shipments."), "{}", page.text);
    assert_eq!(page.hidden("confirm"), "3");
    assert!(!demo.details(&shipments[0]).await.to_string().contains("retry_requested"));
    let page = post(&mut browser, "3").await;
    let page = browser.follow(page).await;
    assert!(page.text.contains("The next run looks at 3 shipments again"), "{}", page.text);
    let story = demo.details(&shipments[1]).await.to_string();
    assert!(story.contains("retry_requested") && story.contains("managers entered"), "{story}");
    // Without a reason, and for a cause that nobody has.
    let empty = [("csrf", csrf.as_str()), ("code", "no-manager"), ("confirm", "3"), ("reason", " ")];
    let page = browser.post("/try-again", &empty).await;
    assert!(
        page.status == 400 && page.text.contains("`reason`") && page.text.contains("aria-invalid"),
        "{}",
        page.text
    );
    let other = [("csrf", csrf.as_str()), ("code", "<b>none"), ("confirm", "3"), ("reason", "x")];
    let page = browser.post("/try-again", &other).await;
    assert_page(&page);
    assert!(page.status == 409 && page.text.contains("Meanwhile no shipment"), "{}", page.text);
    for done in ["again=x", "again=1&refused=-1", "again=99999999999999999999"] {
        let page = browser.get(&format!("/work?{done}")).await;
        assert!(page.status == 200 && !page.text.contains("class=\"card notice\""), "{done}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unconfirmed_order_leads_to_adoption_or_abandonment() {
    let demo = Demo::start().await;
    demo.fault(&json!({ "endpoint": "delivery.order", "kind": "fail_after", "times": 1 })).await;
    let lost = demo.create(&order_for(ADA)).await;
    let id = lost.body["error_data"]["shipment_id"].as_str().unwrap().to_owned();
    // A cancelled order whose key was made all the same.
    let made = demo.order(ALAN).await;
    demo.parcel_to(&made, 103).await;
    demo.process_until(&made, "the key", |details| details["keys"][0]["serial_number"].is_string()).await;
    let mut browser = Browser::grace(&demo).await;
    let page = browser.get("/work").await;
    assert_page(&page);
    let text = &page.text;
    assert!(text.contains("1 ×</span> Orders without an answer") && text.contains(ADA), "{text}");
    for verb in ["adopt", "abandon"] {
        assert!(text.contains(&format!("href=\"/console/shipments/{id}/{verb}\"")), "{verb}: {text}");
    }
    let overview = browser.get("").await.text;
    assert!(overview.contains("/console/work#unconfirmed"), "{overview}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_operators_get_buttons_and_forged_requests_change_nothing() {
    let demo = Demo::start().await;
    let shipment = stuck(&demo, true).await;
    // Alan may read only.
    let mut reader = Browser::signed_in(&demo, ALAN).await;
    let page = reader.get("/work").await;
    assert_page(&page);
    assert!(page.text.contains(NO_MANAGER) && !page.text.contains("/console/try-again"), "{}", page.text);
    let csrf = page.hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("code", "no-manager"), ("confirm", "1"), ("reason", "x")];
    assert_eq!(reader.post("/try-again", &fields).await.status, 403);
    let mut grace = Browser::signed_in(&demo, GRACE).await;
    assert_eq!(grace.post("/try-again", &fields).await.status, 403, "a token of another session");
    assert_eq!(grace.post("/try-again", &fields[1..]).await.status, 403);
    assert_eq!(grace.get("/try-again").await.status, 405);
    let mut without_role = Browser::of(&demo);
    assert_eq!(without_role.sign_in(ADA, "/work").await.status, 403);
    assert!(!demo.details(&shipment).await.to_string().contains("retry_requested"));
    // In German, what comes from the engine is marked as English.
    let body = json!({ "reason": "x" });
    assert_eq!(demo.call(Method::POST, &format!("/v1/shipments/{shipment}/retry"), Some(&body)).await.status, 204);
    demo.process_until(&shipment, "an obstacle", |details| details["obstacle"].is_object()).await;
    grace.language = "de";
    let page = grace.get("/work").await;
    assert!(page.text.contains("class=\"remedy\" lang=\"en\"") && page.text.contains("erneut ansehen"));
}
