//! Actions on one shipment: done by an operator, refused by the service, tried without the role.

use keyferry_proof_support::{ADA, ADA_ID, ALAN, ALAN_ID, GRACE_ID, order_for};
use reqwest::Method;
use serde_json::{Value, json};

use super::browser::{Browser, Page, SESSION};
use super::pages::assert_page;
use super::support::Demo;

const NO_MANAGER: &str = "nomanager@contoso.onmicrosoft.com";

const VERBS: [&str; 7] = ["retry", "cancel", "adopt", "abandon", "resolve", "recall", "resend-pin"];

/// Opens the form of an action and submits it.
async fn act(browser: &mut Browser, shipment: &str, verb: &str, fields: &[(&str, &str)]) -> Page {
    let path = format!("/shipments/{shipment}/{verb}");
    let form = browser.get(&path).await;
    assert_page(&form);
    assert_eq!(form.status, 200, "{}", form.text);
    let csrf = form.hidden("csrf");
    let page = browser.post(&path, &[fields, &[("csrf", &csrf)]].concat()).await;
    browser.follow(page).await
}

/// Returns an order whose response is lost, and its parcel.
async fn unconfirmed(demo: &Demo, user: &str) -> (String, String) {
    let known = demo.parcels().await.len();
    demo.fault(&json!({ "endpoint": "delivery.order", "kind": "fail_after", "times": 1 })).await;
    let lost = demo.create(&order_for(user)).await;
    let shipment = lost.body["error_data"]["shipment_id"].as_str().unwrap().to_owned();
    let parcels = demo.parcels().await;
    assert_eq!(parcels.len(), known + 1);
    let newest = parcels.iter().max_by_key(|parcel| parcel["id"].as_i64()).unwrap();
    (shipment, newest["shipment_id"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_mends_and_ends_shipments() {
    let demo = Demo::start().await;
    let mut browser = Browser::grace(&demo).await;

    let cancelled = demo.order(ADA).await;
    let page = act(&mut browser, &cancelled, "cancel", &[("reason", "left the company")]).await;
    assert_page(&page);
    assert!(page.text.contains("The order is cancelled."), "{}", page.text);
    let events = events(&demo, &cancelled).await;
    let event = events.as_array().unwrap().iter().find(|event| event.to_string().contains("left the company"));
    let event = event.unwrap_or_else(|| panic!("{events}"));
    assert!(event.to_string().contains(GRACE_ID), "{event}");

    // An adoption needs an order that exists.
    let (lost, parcel) = unconfirmed(&demo, ALAN).await;
    let page = browser.get(&format!("/shipments/{lost}")).await;
    for verb in ["adopt", "abandon", "cancel"] {
        assert!(page.text.contains(&format!("/console/shipments/{lost}/{verb}\"")), "{verb}: {}", page.text);
    }
    let fields = [("reason", "found it"), ("delivery_id", "no-such-order")];
    let page = act(&mut browser, &lost, "adopt", &fields).await;
    assert_page(&page);
    assert!(page.status >= 400 && page.text.contains("This was not done"), "{}", page.text);
    assert!(page.text.contains("value=\"no-such-order\"") && page.text.contains("value=\"found it\""), "{}", page.text);
    let fields = [("reason", "found it"), ("delivery_id", &parcel)];
    let page = act(&mut browser, &lost, "adopt", &fields).await;
    assert!(page.text.contains("The order is adopted."), "{}", page.text);
    assert_eq!(demo.details(&lost).await["phase"], "accepted");

    let (never, _) = unconfirmed(&demo, NO_MANAGER).await;
    let page = act(&mut browser, &never, "abandon", &[("reason", "not there")]).await;
    assert!(page.text.contains("The order is abandoned."), "{}", page.text);

    let mut second = order_for(NO_MANAGER);
    second["additional"] = json!(true);
    let stuck = demo.create(&second).await.body;
    let stuck = stuck["data"]["shipment_id"].as_str().unwrap_or_else(|| panic!("{stuck}")).to_owned();
    demo.parcel_to(&stuck, 103).await;
    demo.process_until(&stuck, "an obstacle", |details| details["obstacle"].is_object()).await;
    let page = act(&mut browser, &stuck, "retry", &[("reason", "manager entered")]).await;
    assert!(page.text.contains("The shipment is processed again with the next run."), "{}", page.text);
    // A reason with only spaces is none; the service decides.
    demo.process_until(&stuck, "an obstacle", |details| details["obstacle"].is_object()).await;
    let page = act(&mut browser, &stuck, "resolve", &[("reason", "  ")]).await;
    assert!(page.status == 400 && page.text.contains("`reason`"), "{}", page.text);
    let page = act(&mut browser, &stuck, "resolve", &[("reason", "got another key")]).await;
    assert!(page.text.contains("An operator set the shipment for"), "{}", page.text);

    // What does not fit is not offered, and refused if it is asked for.
    let page = browser.get(&format!("/shipments/{stuck}")).await;
    assert!(!page.text.contains(&format!("{stuck}/cancel")), "{}", page.text);
    let form = browser.get(&format!("/shipments/{stuck}/cancel")).await;
    assert!(form.text.contains("This is not possible in the shipment&#39;s current state."), "{}", form.text);
    let form = [("csrf", page.hidden("csrf")), ("reason", "x".to_owned())];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = browser.post(&format!("/shipments/{stuck}/cancel"), &form).await;
    assert!(page.status == 409 && page.text.contains("This was not done"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn pin_is_sent_again_and_released_only_with_a_reason() {
    let demo = Demo::start().await;
    let shipment = demo.complete_order(ADA).await;
    let mut browser = Browser::grace(&demo).await;
    let page = act(&mut browser, &shipment, "resend-pin", &[]).await;
    assert!(page.text.contains("The PIN was sent again."), "{}", page.text);
    assert_eq!(demo.mails().await.len(), 2);
    // The person has another manager now. A reason that nobody asked for releases nothing.
    let manager = json!({ "manager": ALAN_ID });
    demo.control(Method::PATCH, &format!("/users/{ADA_ID}"), &manager).await;
    let page = act(&mut browser, &shipment, "resend-pin", &[("reason", "not asked for yet")]).await;
    assert!(page.status == 409 && page.text.contains("Release the PIN against the rule"), "{}", page.text);
    assert_eq!(demo.mails().await.len(), 2);
    let fields = [("release", "1"), ("reason", "Grace confirmed it")];
    let page = act(&mut browser, &shipment, "resend-pin", &fields).await;
    assert!(page.text.contains("The PIN was sent again."), "{}", page.text);
    let story = events(&demo, &shipment).await.to_string();
    assert!(story.contains("released") && story.contains("Grace confirmed it"), "{story}");
}

/// Orders a key, and lets a run record the state of its parcel, so that no run on schedule changes anything later.
async fn settled(demo: &Demo) -> String {
    let shipment = demo.order(ADA).await;
    demo.process().await;
    shipment
}

/// For each role and action: the form, and a request that no page offered.
#[tokio::test(flavor = "multi_thread")]
async fn each_role_acts_only_as_its_operations_permit() {
    let demo = Demo::start().await;
    let shipment = settled(&demo).await;
    for role in ["Order", "Read", "Operate", "Pin", "Audit", "Admin"] {
        let change = json!({ "appRoles": [format!("Keyferry.{role}")] });
        demo.control(Method::PATCH, &format!("/users/{GRACE_ID}"), &change).await;
        let mut browser = Browser::grace(&demo).await;
        let csrf = browser.get("/no/such/page").await.hidden("csrf");
        let offered = browser.get(&format!("/shipments/{shipment}")).await.text;
        for verb in VERBS {
            let permitted = if verb == "resend-pin" { role == "Pin" } else { role == "Operate" };
            let path = format!("/shipments/{shipment}/{verb}");
            assert_eq!(browser.get(&path).await.status, if permitted { 200 } else { 403 }, "{role} {verb}");
            let before = story(&demo, &shipment).await;
            // An empty reason, so that what is permitted changes nothing, either.
            let fields = [("csrf", csrf.as_str()), ("reason", ""), ("delivery_id", "x")];
            let page = browser.post(&path, &fields).await;
            assert_eq!(page.status == 403, !permitted, "{role} {verb}: {} {}", page.status, page.text);
            assert_page(&page);
            assert!(permitted || !page.text.contains(ADA), "{role} {verb}");
            assert_eq!(story(&demo, &shipment).await, before, "{role} {verb}");
            assert!(permitted || !offered.contains(&format!("{shipment}/{verb}")), "{role} {verb}");
        }
    }
}

async fn events(demo: &Demo, shipment: &str) -> Value {
    demo.get(&format!("/v1/shipments/{shipment}/events")).await.body["items"].clone()
}

/// Returns what an action would change.
async fn story(demo: &Demo, shipment: &str) -> [Value; 2] {
    let events = events(demo, shipment).await;
    assert!(!events.as_array().unwrap().is_empty());
    [demo.details(shipment).await["phase"].clone(), events]
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_actions_change_nothing() {
    let demo = Demo::start().await;
    let shipment = settled(&demo).await;
    let before = story(&demo, &shipment).await;
    let mut browser = Browser::grace(&demo).await;
    let mut other = Browser::grace(&demo).await;
    let (csrf, others) = (browser.get("").await.hidden("csrf"), other.get("").await.hidden("csrf"));
    for verb in VERBS {
        let path = format!("/shipments/{shipment}/{verb}");
        for token in ["", "x", &others] {
            let page = browser.post(&path, &[("csrf", token), ("reason", "forged")]).await;
            assert!(page.status == 403 && page.text.contains("not from this session"), "{verb}: {}", page.text);
        }
        let fields = [("csrf", csrf.as_str()), ("reason", "forged")];
        let page = browser.post_with(&path, &fields, ("sec-fetch-site", "cross-site")).await;
        assert_eq!(page.status, 403, "{verb}");
    }
    // A link changes nothing.
    assert_eq!(browser.get(&format!("/shipments/{shipment}/cancel?reason=forged&csrf={csrf}")).await.status, 200);
    for path in ["/shipments/none/cancel", "/shipments/..%2Foperations/cancel", "/shipments/%00/cancel"] {
        let page = browser.post(path, &[("csrf", csrf.as_str()), ("reason", "forged")]).await;
        assert_eq!(page.status, 404, "{path}");
    }
    let path = format!("/shipments/{shipment}/delete");
    assert_eq!(browser.post(&path, &[("csrf", csrf.as_str())]).await.status, 404);
    assert_eq!(story(&demo, &shipment).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_that_cannot_be_undone_need_a_recent_sign_in() {
    let demo = Demo::start().await;
    let shipment = demo.order(ADA).await;
    let clock = |seconds: i64| json!({ "advance_seconds": seconds, "tokens_too": true });
    // A password that was entered 15 minutes ago.
    demo.control(Method::POST, "/clock", &clock(-900)).await;
    let mut browser = Browser::grace(&demo).await;
    demo.control(Method::POST, "/clock", &clock(900)).await;
    let cancel = format!("/shipments/{shipment}/cancel");
    let page = browser.get(&cancel).await;
    assert_page(&page);
    assert!(page.status == 403 && page.text.contains("Sign in again to continue"), "{}", page.text);
    let csrf = page.hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("reason", "no longer needed")];
    let page = browser.post(&cancel, &fields).await;
    assert!(page.status == 403 && page.text.contains("Sign in again to continue"), "{}", page.text);
    assert_eq!(demo.details(&shipment).await["phase"], "accepted");
    assert_eq!(browser.get(&format!("/shipments/{shipment}/retry")).await.status, 200);

    // The identity provider asks for the password although the user is signed in there, and leads back to the action.
    let old = browser.cookies[SESSION].clone();
    let again = page.text.split("href=\"/console/sign-in?").nth(1).unwrap().split('"').next().unwrap();
    let again = format!("/sign-in?{}", again.replace("&#38;", "&"));
    let page = browser.open(&again).await;
    assert!(page.url.contains("prompt=login") && page.text.contains("name=\"passwd\""), "{}", page.url);
    let page = browser.password(&page, "grace.hopper@contoso.onmicrosoft.com").await;
    let page = browser.follow(page).await;
    assert!(page.status == 200 && page.url.ends_with("/cancel"), "{} {}", page.url, page.text);
    assert_ne!(browser.cookies[SESSION], old);
    let csrf = page.hidden("csrf");
    let page = browser.post(&cancel, &[("csrf", csrf.as_str()), ("reason", "no longer needed")]).await;
    assert_eq!(page.status, 303, "{}", page.text);

    // The prompt was removed on the way: the old authentication does not count.
    demo.control(Method::POST, "/clock", &clock(-900)).await;
    let mut browser = Browser::grace(&demo).await;
    demo.control(Method::POST, "/clock", &clock(900)).await;
    let to = browser.get("/sign-in?prompt=login").await.leads_to().unwrap();
    let page = browser.open(&to.replace("prompt=login", "").replace("max_age=0", "")).await;
    assert!(page.status == 403 && page.text.contains("did not confirm that you signed in again"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_key_is_replaced_for_the_same_person() {
    let demo = Demo::start().await;
    let lost = demo.complete_order(ADA).await;
    let id = demo.details(&lost).await["id"].as_str().unwrap().to_owned();
    // Without the role for orders.
    let change = json!({ "appRoles": ["Keyferry.Operate"] });
    demo.control(Method::PATCH, &format!("/users/{GRACE_ID}"), &change).await;
    let mut browser = Browser::grace(&demo).await;
    let page = browser.get(&format!("/shipments/{lost}")).await;
    assert!(page.text.contains(&format!("/console/shipments/{id}/replace\"")), "{}", page.text);
    let path = format!("/shipments/{id}/replace");
    let person = browser.get(&format!("/people?user={ADA}")).await;
    assert!(person.text.contains(&format!("/console{path}\"")), "{}", person.text);
    let form = browser.get(&path).await;
    assert_page(&form);
    for part in ["Replace a key", "Revoke the old passkey", "value=\"ada.lovelace@", "value=\"Lovelace\""] {
        assert!(form.text.contains(part), "{part}: {}", form.text);
    }
    let (csrf, key) = (form.hidden("csrf"), form.hidden("key"));
    let order = order_for(ADA);
    let parcel = &order["yubico_shipment_request"];
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut fields = vec![
        ("csrf".to_owned(), csrf),
        ("key".to_owned(), key),
        // Another person is not possible.
        ("user_id".to_owned(), ALAN.to_owned()),
        ("pin_length".to_owned(), "8".to_owned()),
        ("delivery_type".to_owned(), "1".to_owned()),
    ];
    for part in ["recipient", "mailing_address"] {
        for (name, value) in parcel[part].as_object().unwrap() {
            fields.push((name.clone(), text(value)));
        }
    }
    for (name, value) in parcel["shipment_items"][0].as_object().unwrap() {
        fields.push((name.clone(), text(value)));
    }
    let mut send = async |reason: &str, step: &str| {
        let mut form: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form.extend([("reason", reason), ("step", step)]);
        browser.post(&path, &form).await
    };
    let page = send(" ", "confirm").await;
    assert_page(&page);
    assert!(page.status == 422 && page.text.contains("Enter the reason of the replacement"), "{}", page.text);
    let page = send("lost on a train", "confirm").await;
    assert_page(&page);
    assert!(page.status == 200 && page.text.contains("Order this key?"), "{}", page.text);
    assert!(page.text.contains("name=\"reason\" value=\"lost on a train\""), "{}", page.text);
    let first = send("lost on a train", "order").await;
    assert_eq!(first.status, 303, "{}", first.text);
    // A double click orders once.
    let second = send("lost on a train", "order").await;
    assert_eq!(second.header("location"), first.header("location"));
    let new = first.header("location").rsplit('/').next().unwrap().to_owned();
    assert_eq!(demo.details(&id).await["replaced_by"], new.as_str());
    assert_eq!(demo.details(&new).await["replaces"], id.as_str());
    assert_eq!(demo.details(&new).await["keys"][0]["user_id"], ADA);
    assert!(events(&demo, &id).await.to_string().contains("lost on a train"));

    let mut reader = Browser::signed_in(&demo, ALAN).await;
    assert_eq!(reader.get(&path).await.status, 403);
    for shipment in [&id, &new] {
        assert!(!reader.get(&format!("/shipments/{shipment}")).await.text.contains("/replace\""));
    }
    let csrf = reader.get("").await.hidden("csrf");
    assert_eq!(reader.post(&path, &[("csrf", csrf.as_str()), ("reason", "x"), ("step", "order")]).await.status, 403);
}
