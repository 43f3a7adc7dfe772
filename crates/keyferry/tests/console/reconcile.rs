//! Reconcile and offboard.

use keyferry_proof_support::{ADA, ADA_ID};
use reqwest::Method;
use serde_json::json;

use super::browser::Browser;
use super::pages::assert_page;
use super::support::Demo;

#[tokio::test(flavor = "multi_thread")]
async fn comparison_shows_differences_with_links_and_leaver_is_offboarded() {
    let demo = Demo::start().await;
    let shipment = demo.complete_order(ADA).await;
    let method = demo.methods(ADA_ID).await[0]["id"].as_str().unwrap().to_owned();
    demo.control(Method::DELETE, &format!("/methods/{ADA_ID}/{method}"), &json!({})).await;
    let mut browser = Browser::grace(&demo).await;
    let health = browser.get("/health").await;
    assert!(health.text.contains("/console/reconcile"), "{}", health.text);
    let page = browser.get("/reconcile").await;
    assert_page(&page);
    assert!(page.text.contains("Compare now") && !page.text.contains("differences"), "{}", page.text);
    let csrf = page.hidden("csrf");
    let refused = browser.post("/reconcile", &[("csrf", "forged")]).await;
    assert!((400..500).contains(&refused.status), "{}", refused.status);
    let started = browser.post("/reconcile", &[("csrf", csrf.as_str())]).await;
    let mut page = browser.follow(started).await;
    for _ in 0..100 {
        if !page.text.contains("in progress") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        page = browser.get("/reconcile").await;
    }
    assert_page(&page);
    for text in ["1 difference", "Passkey is gone", "/console/people?user=", "Revoke the passkey here"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }

    let person = browser.get("/people?user=ada.lovelace%40contoso.onmicrosoft.com").await;
    assert!(person.text.contains("/console/people/offboard"), "{}", person.text);
    let form = browser.get("/people/offboard?user=ada.lovelace%40contoso.onmicrosoft.com").await;
    assert_page(&form);
    let csrf = form.hidden("csrf");
    let page =
        browser.post("/people/offboard", &[("csrf", csrf.as_str()), ("user", ADA), ("reason", "she left")]).await;
    assert_page(&page);
    let details = demo.details(&shipment).await;
    for text in ["has ended", "Passkey revoked", "Take the key back", details["id"].as_str().unwrap()] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
}
