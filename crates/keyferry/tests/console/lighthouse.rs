//! Lighthouse's audits of accessibility and best practices. Runs by `cargo xtask lighthouse`, which installs it.

use serde_json::{Value, json};

use super::browser::{Browser, SESSION};
use super::chromium::fill;
use super::crawl::one_of_each_kind;
use super::support::Demo;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: cargo xtask lighthouse"]
async fn every_page_has_the_best_scores() {
    let demo = Demo::start().await;
    fill(&demo).await;
    let mut browser = Browser::grace(&demo).await;
    let pages = one_of_each_kind(&mut browser).await;
    let chromium = keyferry_outsiders::system("chromium").unwrap();
    let cookie = format!("{SESSION}={}", browser.cookies[SESSION]);
    let question = json!({ "chromium": chromium, "cookie": cookie, "pages": pages });
    let results = keyferry_outsiders::ask(keyferry_outsiders::node("lighthouse/audit.mjs").unwrap(), &question);
    let results = results.as_array().unwrap();
    assert_eq!(results.len(), 2 * pages.len());
    let mut below = Vec::new();
    for result in results {
        let [accessibility, practices] = ["accessibility", "best-practices"].map(|name| &result["scores"][name]);
        println!("{accessibility} {practices} {} {}", result["form"], result["name"]);
        // A page that leads to the sign-in would be another page.
        assert!(result["address"].as_str().unwrap().contains("/console"), "{result}");
        if result["error"] != Value::Null || *accessibility != 100 || *practices != 100 {
            below.push(result);
        }
    }
    assert!(below.is_empty(), "{below:#?}");
}
