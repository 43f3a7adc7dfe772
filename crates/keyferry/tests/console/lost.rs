//! Lost and returned keys, without JavaScript.

use keyferry_proof_support::{ADA, ADA_ID, ALAN, order_for};
use serde_json::{Value, json};

use super::browser::Browser;
use super::pages::assert_page;
use super::support::Demo;

const QUERY: &str = "user=ada.lovelace%40contoso.onmicrosoft.com";

#[tokio::test(flavor = "multi_thread")]
async fn lost_key_is_removed_from_the_page_of_its_person() {
    let demo = Demo::start().await;
    let delivered = demo.complete_order(ADA).await;
    let shipment = demo.details(&delivered).await["id"].as_str().unwrap().to_owned();
    let mut browser = Browser::grace(&demo).await;
    let person = browser.get(&format!("/people?{QUERY}")).await;
    let path = format!("/people/lost-key?{QUERY}&#38;shipment={shipment}");
    assert!(person.text.contains(&path), "{}", person.text);
    let path = path.replace("&#38;", "&");
    let form = browser.get(&path).await;
    assert_page(&form);
    // Nothing is read from the directory, so the address must be entered.
    assert!(!form.text.contains("value=\"like\"") && form.text.contains("/replace?lost=on"), "{}", form.text);
    let csrf = form.hidden("csrf");
    let fields = |reason| {
        [("csrf", csrf.as_str()), ("user", ADA), ("shipment", shipment.as_str()), ("reason", reason), ("next", "none")]
    };
    let page = browser.post("/people/lost-key", &fields(" ")).await;
    assert_page(&page);
    assert!(page.status == 400 && page.text.contains("aria-invalid"), "{}", page.text);
    assert_eq!(demo.methods(ADA_ID).await.len(), 1);
    let page = browser.post("/people/lost-key", &fields("stolen")).await;
    assert_page(&page);
    for text in ["The key counts as lost.", "The passkey is revoked"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    assert!(demo.methods(ADA_ID).await.is_empty());
    let again = browser.post("/people/lost-key", &fields("stolen")).await;
    assert!(again.text.contains("It was reported before."), "{}", again.text);
    let story = browser.get(&format!("/shipments/{shipment}")).await;
    assert!(story.text.contains("Reported as lost") && !story.text.contains("/resend-pin"), "{}", story.text);

    // The key is found: its page marks it as returned.
    let path = format!("/shipments/{shipment}/return");
    let form = browser.get(&path).await;
    assert_page(&form);
    let csrf = form.hidden("csrf");
    let page = browser.post(&path, &[("csrf", csrf.as_str()), ("reason", "found")]).await;
    let page = browser.follow(page).await;
    assert!(page.text.contains("The key counts as returned.") && page.text.contains("Key returned"), "{}", page.text);

    let mut reader = Browser::signed_in(&demo, ALAN).await;
    let path = format!("/people/lost-key?{QUERY}&shipment={shipment}");
    assert_eq!(reader.get(&path).await.status, 403);
    assert!(!reader.get(&format!("/people?{QUERY}")).await.text.contains("lost-key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_key_is_replaced_by_the_form_of_an_order() {
    let demo = Demo::start().await;
    let delivered = demo.complete_order(ADA).await;
    let shipment = demo.details(&delivered).await["id"].as_str().unwrap().to_owned();
    let mut browser = Browser::grace(&demo).await;
    let form = browser.get(&format!("/shipments/{shipment}/replace?lost=on")).await;
    assert_page(&form);
    assert!(form.text.contains("name=\"lost\" value=\"on\" checked"), "{}", form.text);
    let (csrf, key) = (form.hidden("csrf"), form.hidden("key"));
    let order = order_for(ADA);
    let parcel = &order["yubico_shipment_request"];
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut fields = vec![
        ("csrf".to_owned(), csrf),
        ("key".to_owned(), key),
        ("pin_length".to_owned(), "8".to_owned()),
        ("delivery_type".to_owned(), "1".to_owned()),
        ("reason".to_owned(), "left on a train".to_owned()),
        ("lost".to_owned(), "on".to_owned()),
    ];
    let parts = [&parcel["recipient"], &parcel["mailing_address"], &parcel["shipment_items"][0]];
    for (name, value) in parts.iter().flat_map(|part| part.as_object().unwrap()) {
        fields.push((name.clone(), text(value)));
    }
    let mut send = async |step: &str| {
        let mut form: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form.push(("step", step));
        browser.post(&format!("/shipments/{shipment}/replace"), &form).await
    };
    let page = send("confirm").await;
    assert_page(&page);
    assert!(page.status == 200 && page.text.contains("name=\"lost\" value=\"on\""), "{}", page.text);
    let first = send("order").await;
    assert_eq!(first.status, 303, "{}", first.text);
    // A double click orders once.
    assert_eq!(send("order").await.header("location"), first.header("location"));
    let new = first.header("location").rsplit('/').next().unwrap().to_owned();
    let details = demo.details(&shipment).await;
    assert_eq!((&details["replaced_by"], &details["withdrawal"]["complete"]), (&json!(new), &json!(true)));
    assert!(demo.methods(ADA_ID).await.is_empty());
}
