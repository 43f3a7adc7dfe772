//! The pages of the person in Chromium: the address and the objection, with scripts and without, with pictures of each
//! page, light in English and dark in German, narrow and wide. Each picture is checked with axe-core.

use keyferry_proof_support::{ADA, ALAN};
use reqwest::Method;
use serde_json::{Value, json};

use super::chromium::Driver;
use super::portal_person::{demo, link, mail_to_ada, order_without_address};
use super::support::Demo;

async fn pictures(driver: &Driver, name: &str, scheme: &str) {
    // The checks are scripts. Those of the page do not run any more.
    scripts(driver, true).await;
    for width in [360, 1440] {
        driver.picture(&format!("person-{name}-{scheme}"), width).await;
    }
}

/// Turns the scripts of pages on or off, from the next page on.
async fn scripts(driver: &Driver, on: bool) {
    let params = json!({ "value": !on });
    driver.post("/goog/cdp/execute", json!({ "cmd": "Emulation.setScriptExecutionDisabled", "params": params })).await;
}

async fn sign_in(driver: &Driver, user: &str, link: &str) {
    driver.open(link).await;
    driver.until("return document.querySelector('input[name=passwd]') !== null").await;
    driver.fill("input[name=login]", user).await;
    driver.fill("input[name=passwd]", "sandbox-password").await;
    driver.click("button[type=submit], button").await;
    let is_there = "/^\\/me\\/(address|object)\\//.test(location.pathname) && document.querySelector('h1') !== null";
    driver.until(&format!("return {is_there}")).await;
}

async fn text(driver: &Driver) -> String {
    driver.run("return document.body.innerText").await.as_str().unwrap().to_owned()
}

/// Has Ada asked for an address. Returns the shipment, and the links to give it and to object.
async fn asked(demo: &Demo) -> (String, String, String) {
    let shipment = order_without_address(demo, ADA).await;
    let mail = mail_to_ada(demo, "Where shall we send your security key?").await;
    (shipment, link(&mail, "/me/address/"), link(&mail, "/me/object/"))
}

async fn choose(driver: &Driver, name: &str, value: &str) {
    driver.click(&format!("#{name} option[value={value}]")).await;
}

async fn fill_in(driver: &Driver) {
    let texts = [("street_line1", "7 Hidden Lane"), ("city", "Springfield"), ("region", "IL")];
    for (name, value) in texts {
        driver.fill(&format!("#{name}"), value).await;
    }
    driver.fill("#postal_code", "627").await;
    choose(driver, "country_code_2", "US").await;
}

/// Walks through both pages, with scripts or without. The person sees the same.
async fn walk(driver: &Driver, with_scripts: bool, scheme: &str, words: [&str; 5]) {
    let [wrong, thanks, known, objected, other] = words;
    let demo = demo().await;
    scripts(driver, with_scripts).await;
    let (shipment, address, object) = asked(&demo).await;
    sign_in(driver, ADA, &address).await;
    pictures(driver, "address", scheme).await;
    scripts(driver, with_scripts).await;
    driver.open(&address).await;
    fill_in(driver).await;
    driver.click("main form button").await;
    driver.until("return document.querySelector('[aria-invalid=true]') !== null").await;
    assert!(text(driver).await.contains(wrong), "{}", text(driver).await);
    let invalid = driver.run("return [...document.querySelectorAll('[aria-invalid=true]')].map((it) => it.id)").await;
    assert_eq!(invalid, json!(["postal_code"]));
    assert_eq!(driver.run("return document.getElementById('street_line1').value").await, "7 Hidden Lane");
    pictures(driver, "address-wrong", scheme).await;
    scripts(driver, with_scripts).await;
    driver.run("document.getElementById('postal_code').value = ''").await;
    driver.fill("#postal_code", "62701").await;
    driver.click("main form button").await;
    driver.until(&format!("return document.querySelector('h1').textContent === '{thanks}'")).await;
    pictures(driver, "address-given", scheme).await;
    demo.until("the order", async || demo.details(&shipment).await["phase"] == "accepted").await;
    scripts(driver, with_scripts).await;
    // Nothing leads back to what was entered.
    driver.open(&address).await;
    assert!(text(driver).await.contains(known), "{}", text(driver).await);
    let source = driver.run("return document.documentElement.outerHTML").await;
    assert!(!source.as_str().unwrap().contains("Hidden Lane"), "{source}");
    pictures(driver, "address-known", scheme).await;

    scripts(driver, with_scripts).await;
    driver.open(&object).await;
    driver.until("return document.querySelector('#text') !== null").await;
    pictures(driver, "object", scheme).await;
    scripts(driver, with_scripts).await;
    driver.fill("#text", "I did not ask for this").await;
    driver.click("main form button").await;
    driver.until("return document.querySelector('#text') === null && document.querySelector('h1') !== null").await;
    assert!(text(driver).await.contains(objected), "{}", text(driver).await);
    pictures(driver, "objected", scheme).await;
    let code: Value = demo.details(&shipment).await["obstacle"]["code"].clone();
    assert_eq!(code, "objected");

    // A colleague to whom the links were forwarded.
    scripts(driver, with_scripts).await;
    driver.ask(Method::DELETE, "/cookie", None).await;
    sign_in(driver, ALAN, &address).await;
    assert!(text(driver).await.contains(other) && !text(driver).await.contains(ADA), "{}", text(driver).await);
    pictures(driver, "other-person", scheme).await;
    driver.open(&object).await;
    assert!(text(driver).await.contains(other) && !text(driver).await.contains(ADA), "{}", text(driver).await);
    scripts(driver, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn person_uses_the_pages_in_chromium() {
    let Some(driver) = Driver::start(false).await else { return };
    let words = [
        "Error:",
        "Thank you",
        "The address is known already",
        "Your objection is recorded",
        "This page is for another person",
    ];
    walk(&driver, true, "light", words).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn person_uses_the_pages_in_chromium_without_scripts() {
    let Some(driver) = Driver::start(true).await else { return };
    let words = [
        "Fehler:",
        "Danke",
        "Die Adresse ist schon bekannt",
        "Ihr Widerspruch ist vermerkt",
        "Diese Seite ist für eine andere Person",
    ];
    walk(&driver, false, "dark", words).await;
}
