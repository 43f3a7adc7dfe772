//! The pages for people in Chromium: from the link in the mail to the hidden PIN, with pictures of each page, light in
//! English and dark in German, narrow and wide. Each picture is checked with axe-core.

use std::time::Duration;

use keyferry_proof_support::{ADA, ALAN, GRACE};
use reqwest::Method;
use serde_json::json;

use super::chromium::Driver;
use super::portal::{demo, offered};
use super::support::Demo;

pub(super) async fn pictures(driver: &Driver, name: &str, scheme: &str) {
    for width in [360, 1440] {
        driver.picture(&format!("portal-{name}-{scheme}"), width).await;
    }
}

/// Opens a link, and signs in where it leads. The browser asks anew, whoever was signed in.
pub(super) async fn sign_in(driver: &Driver, user: &str, link: &str) {
    driver.open(link).await;
    driver.until("return document.querySelector('input[name=passwd]') !== null").await;
    driver.fill("input[name=login]", user).await;
    driver.fill("input[name=passwd]", "sandbox-password").await;
    driver.click("button[type=submit], button").await;
    let is_there = "/^\\/me\\/(pin|pass)\\//.test(location.pathname) && document.readyState === 'complete'";
    driver.until(&format!("return {is_there}")).await;
}

/// Returns everything that the page contains.
async fn source(driver: &Driver) -> String {
    driver.run("return document.documentElement.outerHTML").await.as_str().unwrap().to_owned()
}

pub(super) async fn text(driver: &Driver) -> String {
    driver.run("return document.body.innerText").await.as_str().unwrap().to_owned()
}

/// Confirms and sees the PIN. Returns it.
async fn see(driver: &Driver, scheme: &str) -> String {
    assert_eq!(driver.run("return document.querySelector('form:invalid [name=arrived]') !== null").await, true);
    driver.click("input[name=arrived]").await;
    pictures(driver, "ask", scheme).await;
    let pin = show(driver).await;
    pictures(driver, "shown", scheme).await;
    pin
}

/// Has the PIN or pass shown. Returns it.
pub(super) async fn show(driver: &Driver) -> String {
    driver.click("main form button").await;
    driver.until("return document.querySelector('.pin') !== null").await;
    let shown = driver.run("return document.querySelector('.pin').textContent").await.as_str().unwrap().to_owned();
    assert!(shown.len() >= 4, "{shown}");
    assert_eq!(driver.run("return document.querySelector('.copy').hidden").await, false, "the script runs");
    shown
}

/// Nothing leads back to the PIN or pass from the page at this path: not the page, not its source, not the history.
pub(super) async fn assert_gone(driver: &Driver, closed: &str, pin: &str) {
    driver.until(&format!("return location.pathname === '{closed}' && document.readyState === 'complete'")).await;
    assert!(!source(driver).await.contains(pin));
    for step in ["/back", "/forward", "/back", "/refresh"] {
        driver.post(step, json!({})).await;
        driver.until("return document.readyState === 'complete'").await;
        assert!(!source(driver).await.contains(pin), "{step} shows it");
    }
    let stored = driver.run("return JSON.stringify([{...localStorage}, {...sessionStorage}])").await;
    assert_eq!(stored, "[{},{}]");
}

/// Makes a shipment whose link is open.
async fn next_link(demo: &Demo) -> String {
    offered(demo).await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn addressee_sees_the_pin_in_chromium() {
    let demo = demo().await;
    let link = next_link(&demo).await;
    let Some(driver) = Driver::start(false).await else { return };
    sign_in(&driver, GRACE, &link).await;
    assert!(text(&driver).await.contains(ADA));
    let pin = see(&driver, "light").await;
    assert!(!demo.log().contains(&pin));
    // The full time: the PIN is there shortly before its end, and nowhere after it.
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert_eq!(driver.run("return document.querySelectorAll('.pin').length").await, 1);
    driver.until("return location.pathname === '/me/pin-closed'").await;
    pictures(&driver, "closed", "light").await;
    assert_gone(&driver, "/me/pin-closed", &pin).await;
    // The link itself.
    driver.open(&link).await;
    assert!(text(&driver).await.contains("The PIN was shown already"));
    pictures(&driver, "used", "light").await;
    others(&driver, &link, "light").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addressee_hides_the_pin_in_chromium() {
    let demo = demo().await;
    let link = next_link(&demo).await;
    let Some(driver) = Driver::start(true).await else { return };
    sign_in(&driver, GRACE, &link).await;
    let pin = see(&driver, "dark").await;
    driver.click(".hide").await;
    driver.until("return location.pathname === '/me/pin-closed'").await;
    assert!(text(&driver).await.contains("Die PIN ist verborgen"));
    pictures(&driver, "closed", "dark").await;
    assert_gone(&driver, "/me/pin-closed", &pin).await;
    others(&driver, &link, "dark").await;

    // A colleague to whom the link was forwarded.
    let link = next_link(&demo).await;
    driver.open(&link.replace("/me/pin/", "/me?")).await;
    driver.click(".who button").await;
    driver.until_at("/me/signed-out").await;
    pictures(&driver, "signed-out", "dark").await;
    driver.ask(Method::DELETE, "/cookie", None).await;
    sign_in(&driver, ALAN, &link).await;
    assert!(text(&driver).await.contains("Diese PIN ist für jemand anderen"));
    pictures(&driver, "not-addressee", "dark").await;
}

/// The other pages.
async fn others(driver: &Driver, link: &str, scheme: &str) {
    let (site, _) = link.split_once("/me/").unwrap();
    let pages = [("start", "/me"), ("unknown-link", "/me/pin/0196f0a0-0000-7000-8000-00000000000a.x")];
    for (name, path) in pages {
        driver.open(&format!("{site}{path}")).await;
        pictures(driver, name, scheme).await;
    }
}
