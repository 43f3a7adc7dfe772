//! People: keys of a person beside the passkeys of the identity provider.

use keyferry_proof_support::{ADA, ADA_ID, ALAN, GRACE, GRACE_ID};
use reqwest::Method;
use serde_json::json;

use super::browser::{Browser, SESSION};
use super::pages::assert_page;
use super::support::Demo;

const QUERY: &str = "user=ada.lovelace%40contoso.onmicrosoft.com";

#[tokio::test(flavor = "multi_thread")]
async fn lost_key_is_revoked_and_differences_are_marked() {
    let demo = Demo::with(&["--verbose"]).await;
    let shipment = demo.complete_order(ADA).await;
    let mut browser = Browser::grace(&demo).await;
    let empty = browser.get("/people").await;
    assert_page(&empty);
    let page = browser.get(&format!("/people?{QUERY}")).await;
    assert_page(&page);
    for text in
        ["Ada Lovelace", "Account enabled", ">As recorded<", "Grace Hopper (grace.hopper@contoso.onmicrosoft.com)"]
    {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    assert!(!page.text.contains("difference"), "{}", page.text);
    let method = demo.methods(ADA_ID).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/people/revoke?{QUERY}&method={method}");
    let form = browser.get(&path).await;
    assert_page(&form);
    assert!(form.text.contains(&method) && form.text.contains("deleted at the identity provider"), "{}", form.text);
    let csrf = form.hidden("csrf");
    let fields = |reason| [("csrf", csrf.as_str()), ("user", ADA), ("method", method.as_str()), ("reason", reason)];
    let page = browser.post("/people/revoke", &fields(" ")).await;
    assert_page(&page);
    assert!(page.status == 400 && page.text.contains("aria-invalid"), "{}", page.text);
    assert_eq!(demo.methods(ADA_ID).await.len(), 1);

    let page = browser.post("/people/revoke", &fields("lost on a train")).await;
    let page = browser.follow(page).await;
    assert_page(&page);
    assert!(page.text.contains("The passkey is revoked.") && page.text.contains(">Revoked<"), "{}", page.text);
    // A complete key that cannot be used is not shown as complete alone.
    assert!(page.text.contains("badge off\">Passkey: Revoked<"), "{}", page.text);
    assert!(demo.methods(ADA_ID).await.is_empty());
    let details = demo.details(&shipment).await;
    let story = details["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&story["event"], &details["phase"]), (&json!("revoked"), &json!("complete")));
    let seen = (story["detail"].as_str().unwrap(), story["by"].as_str().unwrap());
    assert!(seen.0.ends_with("lost on a train") && seen.1.contains(GRACE_ID), "{seen:?}");
    let page = browser.get(&format!("/shipments/{shipment}")).await;
    assert_page(&page);
    assert!(page.text.contains("badge bad\">Passkey revoked<") && !page.text.contains("/resend-pin"), "{}", page.text);
    // Again: it counts as revoked.
    let page = browser.post("/people/revoke", &fields("lost on a train")).await;
    let page = browser.follow(page).await;
    assert!(page.text.contains("did not have the passkey any more"), "{}", page.text);
    // The person is not in paths, and so not in the log.
    let log = demo.log();
    assert!(!log.contains("people?user") && !log.contains("user=ada"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_method_is_a_difference_and_a_missing_permission_is_explained() {
    let demo = Demo::start().await;
    demo.complete_order(ADA).await;
    let method = demo.methods(ADA_ID).await[0]["id"].as_str().unwrap().to_owned();
    demo.control(Method::DELETE, &format!("/methods/{ADA_ID}/{method}"), &json!({})).await;
    let mut browser = Browser::grace(&demo).await;
    let page = browser.get(&format!("/people?{QUERY}")).await;
    assert_page(&page);
    assert!(page.text.contains(">Missing<") && page.text.contains("1 difference"), "{}", page.text);
    assert!(!page.text.contains("/console/people/revoke"), "{}", page.text);
    demo.fault(&json!({ "endpoint": "graph.methods", "kind": "fail_before", "status": 403, "times": 1 })).await;
    let page = browser.get(&format!("/people?{QUERY}")).await;
    assert!(page.text.contains("This list is incomplete.") && page.text.contains(">Missing<"), "{}", page.text);
    for (user, status) in [("%00", 400), ("a%E2%80%8Bb", 400), ("%3Cscript%3E", 200), ("nobody%40contoso.example", 200)]
    {
        let page = browser.get(&format!("/people?user={user}")).await;
        assert_eq!(page.status, status, "{user}: {}", page.text);
        assert_page(&page);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_orders_of_a_leaver_are_stopped() {
    let demo = Demo::start().await;
    let order = demo.order(ADA).await;
    let mut browser = Browser::grace(&demo).await;
    let page = browser.get(&format!("/people?{QUERY}")).await;
    assert!(page.text.contains("Stop 1 open order<"), "{}", page.text);
    let form = browser.get(&format!("/people/stop?{QUERY}")).await;
    assert_page(&form);
    let csrf = form.hidden("csrf");
    let fields = |confirm| [("csrf", csrf.as_str()), ("user", ADA), ("confirm", confirm), ("reason", "left")];
    let page = browser.post("/people/stop", &fields("2")).await;
    assert_page(&page);
    assert!(page.status == 409 && page.text.contains("Meanwhile the number changed"), "{}", page.text);
    assert_eq!(demo.details(&order).await["phase"], "accepted");
    let page = browser.post("/people/stop", &fields("1")).await;
    let page = browser.follow(page).await;
    assert_page(&page);
    assert!(page.text.contains("The open orders are cancelled."), "{}", page.text);
    assert_eq!(demo.details(&order).await["phase"], "cancelled");
    assert!(browser.get(&format!("/people/stop?{QUERY}")).await.text.contains("has no order that can be stopped"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_sees_and_does_only_what_it_may() {
    let demo = Demo::start().await;
    demo.complete_order(ADA).await;
    let method = demo.methods(ADA_ID).await[0]["id"].as_str().unwrap().to_owned();
    for role in ["Order", "Read", "Operate", "Pin", "Audit", "Admin"] {
        let change = json!({ "appRoles": [format!("Keyferry.{role}")] });
        demo.control(Method::PATCH, &format!("/users/{GRACE_ID}"), &change).await;
        let mut browser = Browser::signed_in(&demo, GRACE).await;
        let page = browser.get(&format!("/people?{QUERY}")).await;
        assert_eq!(page.status, if role == "Admin" { 403 } else { 200 }, "{role}");
        let sees = !matches!(role, "Order" | "Admin");
        assert_eq!(page.text.contains("Passkeys at the identity provider"), sees, "{role}: {}", page.text);
        assert_eq!(page.text.contains("/console/people/revoke"), role == "Operate", "{role}");
        let csrf = browser.get("/no/such/page").await.hidden("csrf");
        let revoke = [("csrf", csrf.as_str()), ("user", ADA), ("method", &method), ("reason", "")];
        let status = browser.post("/people/revoke", &revoke).await.status;
        assert_eq!(status, if role == "Operate" { 400 } else { 403 }, "{role}");
        let form = browser.get(&format!("/people/revoke?{QUERY}&method={method}")).await;
        assert_eq!(form.status, if role == "Operate" { 200 } else { 403 }, "{role}");
        let stop = [("csrf", csrf.as_str()), ("user", ADA), ("confirm", "0"), ("reason", "x")];
        let may_stop = role == "Operate";
        let status = browser.post("/people/stop", &stop).await.status;
        assert_eq!(status != 403, may_stop, "{role}: {status}");
        let others = Browser::signed_in(&demo, ALAN).await.cookies[SESSION].clone();
        browser.cookies.insert(SESSION.to_owned(), others);
        assert_eq!(browser.post("/people/revoke", &revoke).await.status, 403, "{role}: a token of another session");
    }
    assert_eq!(demo.methods(ADA_ID).await.len(), 1);
}
