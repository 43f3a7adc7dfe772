//! The page that shows a temporary access pass: the pass, the token of the link and the session are in no log, answer,
//! mail, file or telemetry.

use keyferry_proof_support::{ADA, ALAN, GRACE};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::pin_page::Browser;
use crate::rig::{Plan, Rig};

async fn newest_link(rig: &Rig) -> Option<String> {
    let mails = rig.mails().await;
    let links = mails.iter().filter_map(|mail| mail["text"].as_str());
    let mut links = links.flat_map(str::split_whitespace).filter(|word| word.contains("/me/pass/"));
    links.next_back().map(str::to_owned)
}

#[tokio::test]
async fn no_leak_by_pass_page() {
    let mut plan = Plan::new().await;
    plan.by_graph();
    for (name, value) in [
        ("KEYFERRY_BIND", "127.0.0.1"),
        ("KEYFERRY_CONSOLE", "on"),
        ("KEYFERRY_PORTAL", "on"),
        ("KEYFERRY_ACCESS_PASS", "manager"),
    ] {
        plan.set(name, value);
    }
    let rig = plan.start().await;
    let shipment = rig.shipped(ADA).await;
    rig.complete(&shipment).await;
    let path = format!("/v1/people/{ADA}/lost-key");
    let lost = json!({ "reason": "left on a train", "replace": false, "access_pass": true });
    let answer = rig.api(Method::POST, &path, Some(&lost)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    rig.until("a mail with a link", async || newest_link(&rig).await.is_some()).await;
    let link = newest_link(&rig).await.unwrap();
    rig.canary("token of the link", link.rsplit('.').next().unwrap().as_bytes());

    let mut colleague = Browser::new();
    let page = colleague.sign_in(&link, ALAN).await;
    // This page leads back to the link, so it is not searched.
    assert_eq!(page.answer.status.as_u16(), 403, "{}", page.answer.text);
    let mut browser = Browser::new();
    let page = browser.sign_in(&link, GRACE).await;
    assert_eq!(page.answer.status.as_u16(), 200, "{}", page.answer.text);
    let csrf = page.field("csrf");
    let form = [("csrf", csrf.as_str())];
    // The policy refuses, then the answer is shown.
    rig.sandbox(Method::PUT, "/control/settings", Some(&json!({ "access_passes": false }))).await;
    let refused = browser.send(browser.http.post(&link).form(&form)).await;
    assert_eq!(refused.answer.status.as_u16(), 503, "{}", refused.answer.text);
    rig.sandbox(Method::PUT, "/control/settings", Some(&json!({ "access_passes": true, "access_pass_length": 24 })))
        .await;
    let shown = browser.send(browser.http.post(&link).form(&form)).await;
    let text = &shown.answer.text;
    let pass = text.split("<output class=\"pin\"").nth(1).unwrap_or_else(|| panic!("{text}"));
    let pass = pass.split('>').nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(pass.len(), 24, "too long to occur by chance");
    rig.canary("temporary access pass", pass.as_bytes());
    let again = browser.send(browser.http.post(&link).form(&form)).await;
    assert_eq!(rig.keep(again.answer).status.as_u16(), 410);
    for path in [link.as_str(), &format!("{}/me/pass-closed", rig.api), &format!("{}/me", rig.api)] {
        let page = browser.send(browser.http.get(path)).await;
        rig.keep(page.answer);
    }
    for path in ["/v1/events?limit=500".to_owned(), format!("/v1/shipments/{shipment}")] {
        rig.api(Method::GET, &path, None).await;
    }
    // The person leaves: the pass is deleted.
    let left = rig.api(Method::POST, &format!("/v1/people/{ADA}/offboard"), Some(&json!({ "reason": "left" }))).await;
    assert!(left.status.is_success(), "{}", left.text);
    assert!(rig.details(&shipment).await.to_string().contains("access_pass_removed"));
    for mail in rig.mails().await {
        assert!(!mail.to_string().contains(pass), "{mail}");
    }
    for (name, secret) in browser.secrets.iter().chain(&colleague.secrets) {
        rig.canary(name, secret.as_bytes());
    }
    rig.learn().await;
    rig.assert_silent(&[&shipment]).await;
}
