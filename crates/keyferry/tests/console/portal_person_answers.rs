//! Answers of the person's pages when the link is forwarded, used, expired or used twice at once, and when the order
//! has changed meanwhile: the status, what to do, and no word about the order to anyone else. Each page is valid HTML.

use std::fs;
use std::path::PathBuf;

use keyferry_proof_support::{ADA, ALAN};
use serde_json::json;

use super::browser::{Browser, Page};
use super::crawl::validate;
use super::pages::assert_page;
use super::portal_person::{demo, link, mail_to_ada, order_without_address, subjects_to, submit, text_to};
use super::support::{Connector, Demo};

const STREET: &str = "7 Hidden Lane";

const ADDRESS: [(&str, &str); 5] = [
    ("street_line1", STREET),
    ("city", "Springfield"),
    ("postal_code", "62701"),
    ("region", "IL"),
    ("country_code_2", "US"),
];

/// What must not be in a page for another person.
const SECRETS: [&str; 5] = [ADA, "Ada", "Lovelace", STREET, "Springfield"];

struct Saved {
    folder: PathBuf,
    number: usize,
}

impl Saved {
    fn new(name: &str) -> Self {
        let folder = keyferry_outsiders::artifacts().join("console").join(name);
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).unwrap();
        Self { folder, number: 0 }
    }

    /// Checks status and text, and keeps the page for the validator.
    fn answer(&mut self, page: &Page, status: u16, text: &str) {
        assert_page(page);
        assert!(page.status == status && page.text.contains(text), "{} {}", page.status, page.text);
        self.number += 1;
        fs::write(self.folder.join(format!("{:02}.html", self.number)), &page.text).unwrap();
    }

    fn validate(self) {
        assert!(self.number > 0);
        validate(&self.folder);
    }
}

/// Has Ada asked for an address. Returns the shipment, and the links to give it and to object.
async fn asked(demo: &Demo) -> (String, String, String) {
    let shipment = order_without_address(demo, ADA).await;
    let mail = mail_to_ada(demo, "Where shall we send your security key?").await;
    (shipment, link(&mail, "/me/address/"), link(&mail, "/me/object/"))
}

fn assert_silent(page: &Page) {
    for secret in SECRETS {
        assert!(!page.text.contains(secret), "{secret}: {}", page.text);
    }
}

/// A colleague with every role can neither see nor do anything, not even with the form of a session of the own.
#[tokio::test(flavor = "multi_thread")]
async fn forwarded_links_show_and_change_nothing() {
    let demo = demo().await;
    let mut saved = Saved::new("person-forwarded");
    let (shipment, address, object) = asked(&demo).await;
    let before = demo.details(&shipment).await["history"].as_array().unwrap().len();
    for (link, fields) in [(&address, &ADDRESS[..]), (&object, &[("text", "no")][..])] {
        let mut alan = Browser::of(&demo);
        let page = alan.sign_in(ALAN, link).await;
        saved.answer(&page, 403, "This page is for another person");
        assert!(
            page.text.contains("prompt=account") && page.text.contains("sign in with that account"),
            "{}",
            page.text
        );
        assert_silent(&page);
        let csrf = alan.get(&alan.address("/").replace("/console/", "/me")).await.hidden("csrf");
        let given = alan.post(link, &[&[("csrf", csrf.as_str())], fields].concat()).await;
        saved.answer(&given, 403, "This page is for another person");
        assert_silent(&given);
    }
    // Without a session: the sign-in, and nothing about the order.
    let mut stranger = Browser::of(&demo);
    for link in [&address, &object] {
        let page = stranger.get(link).await;
        assert!(page.leads_to().unwrap().contains("/me/sign-in?return_to="), "{}", page.text);
        assert_silent(&page);
        let page = stranger.post(link, &ADDRESS).await;
        assert_eq!(page.status, 403, "{}", page.text);
        assert_silent(&page);
    }
    // The links of another purpose, and cut ones, are unknown.
    let mut ada = Browser::of(&demo);
    let swapped = address.replace("/me/address/", "/me/object/");
    let page = ada.sign_in(ADA, &swapped).await;
    saved.answer(&page, 404, "This link is not valid");
    let page = ada.get(&address[..address.len() - 1]).await;
    saved.answer(&page, 404, "Use the newest mail");
    let details = demo.details(&shipment).await;
    assert_eq!(details["history"].as_array().unwrap().len(), before, "nothing happened: {details}");
    saved.validate();
}

/// Both fill in the form. One address counts, and the other browser is told so.
#[tokio::test(flavor = "multi_thread")]
async fn two_browsers_at_once_give_one_address() {
    let demo = demo().await;
    let mut saved = Saved::new("person-two");
    let (shipment, address, _) = asked(&demo).await;
    let (mut one, mut other) = (Browser::of(&demo), Browser::of(&demo));
    let first = one.sign_in(ADA, &address).await;
    let second = other.sign_in(ADA, &address).await;
    saved.answer(&first, 200, "name=\"street_line1\"");
    let mut theirs = ADDRESS;
    theirs[0].1 = "8 Other Road";
    let (mine, theirs) =
        tokio::join!(submit(&mut one, &first, &address, &ADDRESS), submit(&mut other, &second, &address, &theirs));
    let (won, lost) = if mine.status == 200 { (mine, theirs) } else { (theirs, mine) };
    saved.answer(&won, 200, "Thank you");
    match lost.status {
        409 => saved.answer(&lost, 409, "Try again in a minute"),
        _ => saved.answer(&lost, 410, "The address is known already"),
    }
    assert!(!lost.text.contains(STREET) && !lost.text.contains("8 Other Road"), "{}", lost.text);
    demo.until("the order", async || demo.details(&shipment).await["phase"] == "accepted").await;
    let history = demo.details(&shipment).await["history"].to_string();
    assert_eq!(history.matches("\"address_given\"").count(), 1, "{history}");
    assert_eq!(demo.parcels().await.len(), 1);
    // A used link.
    let again = submit(&mut other, &second, &address, &ADDRESS).await;
    saved.answer(&again, 410, "If it was not you, contact your IT service desk");
    saved.answer(&one.get(&address).await, 410, "The address is known already");
    saved.validate();
}

/// Objections before and after the order has left, and of a cancelled order.
#[tokio::test(flavor = "multi_thread")]
async fn objection_is_answered_in_each_phase() {
    let demo = demo().await;
    let mut saved = Saved::new("person-objection");
    let (shipment, address, object) = asked(&demo).await;
    let mut ada = Browser::of(&demo);
    let form = ada.sign_in(ADA, &address).await;
    let page = ada.get(&object).await;
    saved.answer(&page, 200, "Object to a security key");
    let objected = submit(&mut ada, &page, &object, &[("text", "not mine")]).await;
    let objected = ada.follow(objected).await;
    saved.answer(&objected, 200, "Your objection is recorded");
    // The form of the address that was open meanwhile.
    let held = submit(&mut ada, &form, &address, &ADDRESS).await;
    saved.answer(&held, 409, "The order is on hold");
    saved.answer(&ada.get(&address).await, 409, "Your objection is recorded");
    let released = demo.post(&format!("/v1/shipments/{shipment}/retry"), &json!({ "reason": "asked Ada" })).await;
    assert!(released.status.is_success(), "{} {}", released.status, released.body);

    // After the order has left. The retry asks again.
    let asked = "Where shall we send your security key?";
    let number = async || subjects_to(&demo, ADA).await.iter().filter(|subject| subject.contains(asked)).count();
    demo.until("another mail", async || number().await == 2).await;
    let address = link(&mail_to_ada(&demo, asked).await, "/me/address/");
    let page = ada.get(&address).await;
    saved.answer(&submit(&mut ada, &page, &address, &ADDRESS).await, 200, "Thank you");
    demo.until("the order", async || demo.details(&shipment).await["phase"] == "accepted").await;
    let page = ada.get(&object).await;
    saved.answer(&page, 200, "Object to a security key");
    let objected = submit(&mut ada, &page, &object, &[("text", "")]).await;
    let objected = ada.follow(objected).await;
    saved.answer(&objected, 200, "Your objection is recorded");
    let again = ada.get(&object).await;
    assert!(again.text.contains("Your objection is recorded"), "{} {}", again.status, again.text);

    // Cancelled: nothing to give, and nothing to object to.
    let (other, address, object) = second(&demo).await;
    let answer = demo.post(&format!("/v1/shipments/{other}/cancel"), &json!({ "reason": "not wanted" })).await;
    assert!(answer.status.is_success(), "{} {}", answer.status, answer.body);
    for link in [&address, &object] {
        let page = ada.get(link).await;
        assert!([404, 410].contains(&page.status) && !page.text.contains(STREET), "{} {}", page.status, page.text);
        saved.answer(&page, page.status, "IT service desk");
    }
    saved.validate();
}

/// Another order of Ada's beside the open one.
async fn second(demo: &Demo) -> (String, String, String) {
    let asked = "Where shall we send your security key?";
    let number = async || subjects_to(demo, ADA).await.iter().filter(|subject| subject.contains(asked)).count();
    let before = number().await;
    let mut order = keyferry_proof_support::order_for(ADA);
    order["additional"] = json!(true);
    order["yubico_shipment_request"].as_object_mut().unwrap().remove("mailing_address").unwrap();
    let answer = demo.post("/v1/orders", &order).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    demo.until("another mail", async || number().await > before).await;
    let mail = mail_to_ada(demo, asked).await;
    (answer.body["id"].as_str().unwrap().to_owned(), link(&mail, "/me/address/"), link(&mail, "/me/object/"))
}

const SETTINGS: [(&str, &str); 8] = [
    ("KEYFERRY_BIND", "127.0.0.1"),
    ("KEYFERRY_CONSOLE", "on"),
    ("KEYFERRY_PORTAL", "on"),
    ("KEYFERRY_PIN_BY", "graph"),
    ("KEYFERRY_MAIL_FROM", "keys@contoso.onmicrosoft.com"),
    ("KEYFERRY_ADDRESS_BY", "order"),
    ("KEYFERRY_ADDRESS_DAYS", "3"),
    ("SEND_PIN_URL", ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn expired_link_names_what_to_do() {
    let Some(shifted) = super::portal_changes::in_days("+4d") else { return };
    let connector = Connector::with(&SETTINGS).await;
    let mut order = keyferry_proof_support::order_for(ADA);
    order["address_by"] = json!("person");
    order["yubico_shipment_request"].as_object_mut().unwrap().remove("mailing_address").unwrap();
    let answer = connector.post("/v1/orders", &order).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let shipment = answer.body["id"].as_str().unwrap().to_owned();
    connector.until("a mail", async || !connector.mails().await.is_empty()).await;
    let mail = text_to(&connector.mails().await, ADA, "Where shall we send your security key?").unwrap();
    let path = link(&mail, "/me/address/").split("/me/address/").nth(1).unwrap().to_owned();
    let (sandbox, dir) = (connector.sandbox.clone(), connector.dir.clone());
    drop(connector);
    let later = json!({ "advance_seconds": 4 * 86_400, "tokens_too": true });
    let http = reqwest::Client::new();
    http.post(format!("{}/control/clock", sandbox.base)).json(&later).send().await.unwrap();
    let shifted: Vec<_> = shifted.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let connector = Connector::at(sandbox, dir, &[&SETTINGS[..], &shifted].concat()).await;
    let link = format!("{}/me/address/{path}", connector.api);
    let mut saved = Saved::new("person-expired");
    let mut browser = Browser::at(format!("{}/console", connector.api));
    let page = browser.sign_in(ADA, &link).await;
    saved.answer(&page, 410, "This link has expired");
    assert!(page.text.contains("Contact your IT service desk") && !page.text.contains("street_line1"), "{}", page.text);
    let details = connector.process_until(&shipment, "an obstacle", |details| details["obstacle"].is_object()).await;
    assert_eq!(details["obstacle"]["code"], "address-overdue", "{details}");
    saved.validate();
}
