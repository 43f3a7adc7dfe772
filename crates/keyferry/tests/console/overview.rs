//! Overview: the funnel by conditions, late keys, and the state of the service.

use chrono::{DateTime, Days, NaiveDate, Utc};
use keyferry_proof_support::{ADA, ALAN, GRACE_ID, order_for};
use reqwest::Method;
use serde_json::json;

use super::browser::Browser;
use super::pages::assert_page;
use super::support::Demo;

#[tokio::test(flavor = "multi_thread")]
async fn funnel_counts_what_is_chosen_and_links_to_it() {
    let demo = Demo::start().await;
    demo.complete_order(ADA).await;
    demo.order(ALAN).await;
    let mut browser = Browser::grace(&demo).await;
    let all = browser.get("").await;
    assert_page(&all);
    assert!(all.text.contains("href=\"/console/shipments?phase=accepted\">1<"), "{}", all.text);
    let chosen = browser.get("?product=1&created_from=2020-01-01").await;
    assert_page(&chosen);
    let list = "href=\"/console/shipments?product=1&#38;created_from=2020-01-01&#38;phase=complete\">1<";
    assert!(chosen.text.contains(list), "{}", chosen.text);
    let list = browser.get("/shipments?product=1&created_from=2020-01-01&phase=complete").await;
    assert!(list.text.contains(ADA) && !list.text.contains(ALAN), "{}", list.text);
    let country = browser.get("?country=us").await;
    assert!(country.text.contains("country=us&#38;phase=complete\">1<"), "{}", country.text);
    let list = browser.get("/shipments?country=us&phase=complete").await;
    assert!(list.text.contains(ADA) && !list.text.contains(ALAN), "{}", list.text);
    let elsewhere = browser.get("?country=SE").await;
    assert!(elsewhere.status == 200 && !elsewhere.text.contains("phase=complete\">1<"), "{}", elsewhere.text);
    let none = browser.get("?product=2").await;
    assert!(none.status == 200 && !none.text.contains("phase=complete\">1<"), "{}", none.text);
    for wrong in ["product=x", "country=USA", "created_from=yesterday", "batch=%3Cb%3E", "user=ada", "colour=blue"] {
        let page = browser.get(&format!("?{wrong}")).await;
        assert_page(&page);
        assert!(page.status == 400 && page.text.contains("role=\"alert\""), "{wrong}: {}", page.text);
    }
}

fn today() -> NaiveDate {
    DateTime::<Utc>::from(std::time::SystemTime::now()).date_naive()
}

#[tokio::test(flavor = "multi_thread")]
async fn late_keys_runs_and_stock_are_shown_and_not_to_those_who_only_order() {
    let demo = Demo::start().await;
    let mut late = order_for(ADA);
    let in_days = |days| today().checked_add_days(Days::new(days)).unwrap();
    late["needed_by"] = json!(in_days(2));
    let late = demo.post("/v1/orders", &late).await;
    assert!(late.status.as_u16() < 300, "{}", late.body);
    demo.order(ALAN).await;
    demo.process().await;
    let mut browser = Browser::grace(&demo).await;
    let page = browser.get("").await;
    assert_page(&page);
    for text in ["Last runs", "All: ", "No dependency fails.", "Stock", "Day passed", "No batch is being"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    let list = format!("&#38;needed_from={}&#38;needed_to={}\"><strong>1</strong>", in_days(0), in_days(7));
    assert!(page.text.contains(&list), "{}", page.text);
    let list = browser.get(&format!("/shipments?needed_from={}&needed_to={}", in_days(0), in_days(7))).await;
    assert_page(&list);
    assert!(list.text.contains(ADA) && !list.text.contains(ALAN), "{}", list.text);
    let list = browser.get(&format!("/shipments?needed_to={}", in_days(0))).await;
    assert!(list.status == 200 && !list.text.contains(ADA), "{}", list.text);
    // The stock is kept once it was read, so a second page has it at the latest.
    demo.until("the stock", async || browser.clone().get("").await.text.contains(" keys</")).await;
    let change = json!({ "appRoles": ["Keyferry.Order"] });
    demo.control(Method::PATCH, &format!("/users/{GRACE_ID}"), &change).await;
    let mut orders = Browser::grace(&demo).await;
    let page = orders.get("").await;
    assert_page(&page);
    assert!(page.status == 200 && !page.text.contains("Last runs"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn outage_is_named_with_what_it_holds() {
    let demo = Demo::start().await;
    demo.order(ADA).await;
    demo.fault(&json!({ "endpoint": "delivery.status", "kind": "fail_before", "status": 401 })).await;
    demo.process().await;
    let mut browser = Browser::grace(&demo).await;
    browser.language = "de";
    let page = browser.get("").await;
    assert_page(&page);
    assert!(page.text.contains("<strong>Lieferdienst</strong>"), "{}", page.text);
    assert!(page.text.contains("1 Sendung angehalten"), "{}", page.text);
    demo.clear_faults().await;
}
