//! The pages for people: the person whom a key is for hears of it, objects, and gives an address.

use keyferry_proof_support::{ADA, ADA_ID, ALAN, GRACE, order_for};
use reqwest::Method;
use serde_json::{Value, json};

use super::browser::{Browser, Page};
use super::pages::assert_page;
use super::support::Demo;

const STREET: &str = "7 Hidden Lane";

pub(super) async fn demo() -> Demo {
    let mails = ["--person-mails", "ordered,shipped,registered", "--address-by", "person", "--verbose"];
    Demo::with(&mails).await
}

pub(super) async fn subjects_to(demo: &Demo, user: &str) -> Vec<String> {
    let mails = demo.mails().await;
    let own = mails.iter().filter(|mail| mail["to"] == json!([user]));
    own.map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect()
}

/// Waits for a mail to Ada whose subject contains `subject`, and returns its text.
pub(super) async fn mail_to_ada(demo: &Demo, subject: &str) -> String {
    demo.until(subject, async || subjects_to(demo, ADA).await.iter().any(|found| found.contains(subject))).await;
    text_to(&demo.mails().await, ADA, subject).unwrap()
}

/// Returns the text of the newest mail to a user whose subject contains `subject`.
pub(super) fn text_to(mails: &[Value], user: &str, subject: &str) -> Option<String> {
    let is_it = |mail: &&Value| mail["to"] == json!([user]) && mail["subject"].as_str().unwrap().contains(subject);
    Some(mails.iter().rev().find(is_it)?["text"].as_str()?.to_owned())
}

/// Queues an order without an address, and returns its shipment.
pub(super) async fn order_without_address(demo: &Demo, user: &str) -> String {
    let mut order = order_for(user);
    order["yubico_shipment_request"].as_object_mut().unwrap().remove("mailing_address").unwrap();
    let answer = demo.post("/v1/orders", &order).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer.body["id"].as_str().unwrap().to_owned()
}

/// Returns the link to this page in a mail.
pub(super) fn link(text: &str, page: &str) -> String {
    let mut links = text.split_whitespace().filter(|word| word.starts_with("http") && word.contains(page));
    links.next().unwrap_or_else(|| panic!("no link to {page}: {text}")).to_owned()
}

pub(super) async fn submit(browser: &mut Browser, page: &Page, link: &str, fields: &[(&str, &str)]) -> Page {
    let csrf = page.hidden("csrf");
    let fields = [&[("csrf", csrf.as_str())], fields].concat();
    browser.post(link, &fields).await
}

/// Asserts that neither the secret part of the link nor another text is in the log and in the history.
async fn assert_silent(demo: &Demo, shipment: &str, texts: &[&str]) {
    let details = demo.details(shipment).await.to_string();
    for text in texts {
        assert!(!demo.log().contains(text), "the log contains {text}");
        assert!(!details.contains(text), "the details contain {text}");
    }
}

fn secret_part(link: &str) -> &str {
    link.rsplit('.').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn person_hears_of_the_key_and_objects() {
    let demo = demo().await;
    let shipment = demo.order(ADA).await;
    let text = mail_to_ada(&demo, "A security key was ordered for you").await;
    assert!(text.contains("not phishing") && text.contains("Sent to:"), "{text}");
    let link = link(&text, "/me/object/");

    // Forwarded to a colleague, with every role.
    let mut alan = Browser::of(&demo);
    let page = alan.sign_in(ALAN, &link).await;
    assert!(page.status == 403 && page.text.contains("This page is for another person"), "{}", page.text);
    assert!(!page.text.contains(ADA), "{}", page.text);

    let mut ada = Browser::of(&demo);
    let page = ada.sign_in(ADA, &link).await;
    assert_page(&page);
    assert!(page.status == 200 && page.text.contains("Object to a security key"), "{}", page.text);
    let forged = ada.post(&link, &[("csrf", "x"), ("text", "no")]).await;
    assert_eq!(forged.status, 403, "{}", forged.text);
    assert_ne!(demo.details(&shipment).await["obstacle"]["code"], "objected", "opening the page changes nothing");
    let objected = submit(&mut ada, &page, &link, &[("text", "I did not ask for <b>this</b>")]).await;
    let objected = ada.follow(objected).await;
    assert_page(&objected);
    assert!(objected.text.contains("Your objection is recorded"), "{}", objected.text);

    let details = demo.details(&shipment).await;
    assert_eq!(
        (&details["obstacle"]["code"], &details["obstacle"]["class"]),
        (&json!("objected"), &json!("attention"))
    );
    assert!(details["history"].to_string().contains("I did not ask for <b>this</b>"), "{details}");
    let mut grace = Browser::grace(&demo).await;
    let work = grace.get("/work").await;
    assert!(work.text.contains("objected"), "{}", work.text);
    let page = grace.get(&format!("/shipments/{}", details["id"].as_str().unwrap())).await;
    assert!(
        page.text.contains("I did not ask for &#60;b&#62;this") || page.text.contains("&lt;b&gt;"),
        "{}",
        page.text
    );

    // Nothing goes on while it is held.
    demo.parcel_to(&shipment, 103).await;
    for _ in 0..2 {
        demo.process().await;
    }
    assert_eq!(demo.details(&shipment).await["phase"], "accepted");
    assert!(subjects_to(&demo, GRACE).await.is_empty(), "no PIN was sent");

    let released = demo.post(&format!("/v1/shipments/{shipment}/retry"), &json!({ "reason": "asked Ada" })).await;
    assert!(released.status.is_success(), "{} {}", released.status, released.body);
    demo.complete(&shipment).await;
    let text = mail_to_ada(&demo, "Your security key was shipped").await;
    assert!(text.contains("expected, and not phishing"), "{text}");
    let text = mail_to_ada(&demo, "Your security key is registered").await;
    assert!(text.contains("whoever has the key and its PIN can sign in as you"), "{text}");
    assert_eq!(subjects_to(&demo, ADA).await.len(), 3, "each mail once");
    let late = ada.get(&link).await;
    assert!(late.status == 410 && late.text.contains("It is too late for this page"), "{}", late.text);
    assert_silent(&demo, &shipment, &[secret_part(&link)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn person_gives_the_address() {
    let demo = demo().await;
    let shipment = order_without_address(&demo, ADA).await;
    let text = mail_to_ada(&demo, "Where shall we send your security key?").await;
    let link = link(&text, "/me/address/");

    let mut alan = Browser::of(&demo);
    let page = alan.sign_in(ALAN, &link).await;
    assert!(page.status == 403 && page.text.contains("This page is for another person"), "{}", page.text);
    let (mut ada, mut second) = (Browser::of(&demo), Browser::of(&demo));
    let page = ada.sign_in(ADA, &link).await;
    assert_page(&page);
    assert!(page.status == 200 && page.text.contains("name=\"street_line1\""), "{}", page.text);
    let other = second.sign_in(ADA, &link).await;

    let mut fields = vec![("street_line1", STREET), ("city", "Springfield"), ("postal_code", "62701")];
    fields.extend([("region", "IL"), ("country_code_2", "Germany")]);
    let refused = submit(&mut ada, &page, &link, &fields).await;
    assert_page(&refused);
    assert!(refused.status == 400 && refused.text.contains("is not a code of two letters"), "{}", refused.text);
    assert!(refused.text.contains(STREET), "what was entered stays in the form: {}", refused.text);
    fields[4].1 = "US";
    let given = submit(&mut ada, &refused, &link, &fields).await;
    assert_page(&given);
    assert!(given.status == 200 && given.text.contains("Thank you"), "{} {}", given.status, given.text);
    demo.until("the order", async || demo.details(&shipment).await["phase"] == "accepted").await;
    assert_eq!(demo.parcels().await.len(), 1);

    // The form of the second browser, and the link.
    let again = submit(&mut second, &other, &link, &fields).await;
    assert!(again.status == 410 && again.text.contains("The address is known already"), "{}", again.text);
    second.language = "de";
    let again = second.get(&link).await;
    assert!(again.status == 410 && again.text.contains("Die Adresse ist schon bekannt"), "{}", again.text);
    assert_silent(&demo, &shipment, &[STREET, secret_part(&link)]).await;
    mail_to_ada(&demo, "A security key was ordered for you").await;
}

/// Who waits is found in the list, and nothing that Ada reads is in English.
#[tokio::test(flavor = "multi_thread")]
async fn person_who_prefers_german_is_asked_in_german() {
    let demo = demo().await;
    let german = json!({ "preferredLanguage": "de-DE" });
    demo.control(Method::PATCH, &format!("/users/{ADA_ID}"), &german).await;
    let shipment = order_without_address(&demo, ADA).await;
    let complete = demo.post("/v1/orders", &order_for(ALAN)).await;
    assert_eq!(complete.status, 202, "{}", complete.body);
    let mut grace = Browser::grace(&demo).await;
    let list = grace.get("/shipments?awaits_address=true").await;
    assert_page(&list);
    assert!(list.text.contains(&shipment) && !list.text.contains(ALAN), "{}", list.text);

    let text = mail_to_ada(&demo, "Wohin sollen wir Ihren Sicherheitsschlüssel senden?").await;
    assert!(text.starts_with("Guten Tag Ada Lovelace,") && !text.contains("your organisation"), "{text}");
    let link = link(&text, "/me/address/");
    let mut ada = Browser::of(&demo);
    ada.language = "de";
    let page = ada.sign_in(ADA, &link).await;
    assert_page(&page);
    assert!(
        page.text.contains("Sicherheits\u{ad}schlüssel") && !page.text.contains("your organisation"),
        "{}",
        page.text
    );
    let mut fields = vec![("street_line1", STREET), ("city", "Springfield"), ("postal_code", "62701")];
    fields.extend([("region", "IL"), ("country_code_2", "Germany")]);
    let refused = submit(&mut ada, &page, &link, &fields).await;
    assert_page(&refused);
    assert!(refused.text.contains("Das Land fehlt oder ist ungültig."), "{}", refused.text);
    assert!(!refused.text.contains("lang=\"en\""), "{}", refused.text);
    fields[4].1 = "US";
    submit(&mut ada, &refused, &link, &fields).await;
    mail_to_ada(&demo, "Für Sie wurde ein Sicherheitsschlüssel bestellt").await;
    let list = grace.get("/shipments?awaits_address=true").await;
    assert!(!list.text.contains(&shipment), "{}", list.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_gives_the_address_in_place_of_the_person() {
    let demo = demo().await;
    let mut order = order_for(ADA);
    let request = order["yubico_shipment_request"].as_object_mut().unwrap();
    let address = request.remove("mailing_address").unwrap();
    let answer = demo.post("/v1/orders", &order).await;
    let shipment = answer.body["id"].as_str().unwrap().to_owned();
    mail_to_ada(&demo, "Where shall we send your security key?").await;
    let path = format!("/v1/shipments/{shipment}/address");
    let wrong = demo.call(Method::PUT, &path, Some(&json!({ "mailing_address": { "city": "x" } }))).await;
    assert_eq!(wrong.status, 400, "{}", wrong.body);
    let given = demo.call(Method::PUT, &path, Some(&json!({ "mailing_address": address }))).await;
    assert_eq!(given.status, 204, "{}", given.body);
    demo.until("the order", async || demo.details(&shipment).await["phase"] == "accepted").await;
    let again = demo.call(Method::PUT, &path, Some(&json!({ "mailing_address": address }))).await;
    assert_eq!(again.status, 409, "{}", again.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_gives_the_address_in_the_console() {
    let demo = demo().await;
    let shipment = order_without_address(&demo, ADA).await;
    mail_to_ada(&demo, "Where shall we send your security key?").await;
    let mut grace = Browser::grace(&demo).await;
    let path = format!("/shipments/{shipment}/address");
    let page = grace.get(&format!("/shipments/{shipment}")).await;
    assert!(page.text.contains(&format!("{path}\"")), "{}", page.text);
    let form = grace.get(&path).await;
    assert_page(&form);
    assert!(
        form.text.contains("name=\"postal_code\"") && !form.text.contains("name=\"recipient_email\""),
        "{}",
        form.text
    );
    let mut fields = vec![("street_line1", STREET), ("city", "Springfield"), ("region", "IL")];
    fields.extend([("postal_code", "627"), ("country_code_2", "US")]);
    let refused = submit(&mut grace, &form, &path, &fields).await;
    assert_page(&refused);
    assert!(refused.status == 400 && refused.text.contains(STREET), "{} {}", refused.status, refused.text);
    fields[3].1 = "62701";
    let given = submit(&mut grace, &refused, &path, &fields).await;
    assert!(given.leads_to().is_some_and(|to| to.ends_with(&shipment)), "{} {}", given.status, given.text);
    demo.until("the order", async || demo.details(&shipment).await["phase"] == "accepted").await;
    let again = grace.get(&path).await;
    assert!(again.text.contains("does not wait for an address"), "{}", again.text);
}
