//! The page that shows a PIN, when something changes between the mail and the page: people, the shipment, the time, and
//! the process itself.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use keyferry_proof_support::{ADA, ADA_ID, GRACE, GRACE_ID, Sandbox};
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;

use super::browser::{Browser, Page};
use super::pages::assert_page;
use super::portal::{demo, offered, pin_of, submit};
use super::support::{Connector, KEYFERRY};

const SETTINGS: [(&str, &str); 8] = [
    ("KEYFERRY_BIND", "127.0.0.1"),
    ("KEYFERRY_CONSOLE", "on"),
    ("KEYFERRY_PORTAL", "on"),
    ("KEYFERRY_PIN_BY", "graph"),
    ("KEYFERRY_MAIL_FROM", "keys@contoso.onmicrosoft.com"),
    ("KEYFERRY_PIN_RELEASE", "page"),
    ("KEYFERRY_PIN_LINK_DAYS", "3"),
    ("SEND_PIN_URL", ""),
];

/// Returns the link in the newest mail, at the current address of the connector.
async fn link(connector: &Connector) -> String {
    let mails = connector.mails().await;
    let text = mails.last().unwrap()["text"].as_str().unwrap().to_owned();
    let path = text.split("/me/pin/").nth(1).unwrap().split_whitespace().next().unwrap();
    format!("{}/me/pin/{path}", connector.api)
}

/// Ships a key for Ada, and waits for the mail to her manager.
async fn shipped(connector: &Connector) -> (String, String) {
    let before = connector.mails().await.len();
    let shipment = connector.order(ADA).await;
    connector.parcel_to(&shipment, 103).await;
    connector.process_until(&shipment, "registration", |details| details["phase"] == "registered").await;
    connector.until("a mail with a link", async || connector.mails().await.len() > before).await;
    (shipment, link(connector).await)
}

fn browser(connector: &Connector) -> Browser {
    Browser::at(format!("{}/console", connector.api))
}

fn shows(page: &Page) -> bool {
    page.text.contains("class=\"pin\"")
}

#[tokio::test(flavor = "multi_thread")]
async fn settled_shipment_has_no_open_link() {
    let demo = demo().await;
    let (shipment, link) = offered(&demo).await;
    let mut browser = Browser::of(&demo);
    let form = browser.sign_in(GRACE, &link).await;
    let body = json!({ "reason": "the manager got the PIN by phone" });
    let answer = demo.post(&format!("/v1/shipments/{shipment}/resolve"), &body).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    for page in [browser.get(&link).await, submit(&mut browser, &form, &link).await] {
        assert_page(&page);
        assert!(page.status == 410 && page.text.contains("This link was closed"), "{} {}", page.status, page.text);
    }
    browser.language = "de";
    assert!(browser.get(&link).await.text.contains("Dieser Link wurde geschlossen"));
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_key_has_no_open_link() {
    let demo = demo().await;
    let (shipment, link) = offered(&demo).await;
    let mut browser = Browser::of(&demo);
    browser.sign_in(GRACE, &link).await;
    let method = demo.methods(ADA_ID).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/people/{ADA_ID}/methods/{method}/revoke");
    let answer = demo.post(&path, &json!({ "reason": "lost" })).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    assert_eq!(demo.details(&shipment).await["phase"], "cancelled");
    let page = browser.get(&link).await;
    assert_page(&page);
    // Its secret is deleted as well, so the link is unknown.
    let says = page.text.contains("the order of the key has ended");
    assert!(page.status == 404 && says && !shows(&page), "{} {}", page.status, page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn renamed_people_keep_their_link() {
    let demo = demo().await;
    let (_, link) = offered(&demo).await;
    let renamed =
        json!({ "upn": "grace.murray@contoso.onmicrosoft.com", "mail": "grace.murray@contoso.onmicrosoft.com" });
    demo.control(Method::PATCH, &format!("/users/{GRACE_ID}"), &renamed).await;
    let upn = json!({ "upn": "ada.byron@contoso.onmicrosoft.com", "mail": "ada.byron@contoso.onmicrosoft.com" });
    demo.control(Method::PATCH, &format!("/users/{ADA_ID}"), &upn).await;
    let mut browser = Browser::of(&demo);
    let form = browser.sign_in("grace.murray@contoso.onmicrosoft.com", &link).await;
    let shown = submit(&mut browser, &form, &link).await;
    assert!(shown.status == 200 && shows(&shown), "{} {}", shown.status, shown.text);
}

/// The name of the manager goes to another user: the link is for the person, not for the name.
#[tokio::test(flavor = "multi_thread")]
async fn name_that_another_user_got_opens_nothing() {
    let demo = demo().await;
    let (_, link) = offered(&demo).await;
    let alan = keyferry_proof_support::ALAN_ID;
    demo.control(Method::POST, "/users/swap-upn", &json!({ "from": GRACE_ID, "to": alan })).await;
    let mut browser = Browser::of(&demo);
    let page = browser.sign_in(GRACE, &link).await;
    assert!(
        page.status == 403 && page.text.contains("This PIN is for another person"),
        "{} {}",
        page.status,
        page.text
    );
    let mut browser = Browser::of(&demo);
    let form = browser.sign_in(keyferry_proof_support::ALAN, &link).await;
    assert!(shows(&submit(&mut browser, &form, &link).await));
}

/// Returns the variables with which a process has its clock ahead. `None` if the library for that is not installed.
pub(super) fn in_days(ahead: &str) -> Option<[(&'static str, String); 3]> {
    keyferry_outsiders::system("faketime")?;
    let libraries = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path().join("faketime"));
    let library = libraries.map(|folder| folder.join("libfaketimeMT.so.1")).find(|library| library.exists()).unwrap();
    let clock = ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned());
    Some([("LD_PRELOAD", library.display().to_string()), ("FAKETIME", ahead.to_owned()), clock])
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_link_shows_nothing() {
    let Some(shifted) = in_days("+4d") else { return };
    let connector = Connector::with(&SETTINGS).await;
    let (shipment, _) = shipped(&connector).await;
    let (sandbox, dir) = (connector.sandbox.clone(), connector.dir.clone());
    drop(connector);

    let later = json!({ "advance_seconds": 4 * 86_400, "tokens_too": true });
    let http = reqwest::Client::new();
    http.post(format!("{}/control/clock", sandbox.base)).json(&later).send().await.unwrap();
    let shifted: Vec<_> = shifted.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let connector = Connector::at(sandbox, dir, &[&SETTINGS[..], &shifted].concat()).await;
    let link = link(&connector).await;
    let mut browser = browser(&connector);
    let page = browser.sign_in(GRACE, &link).await;
    assert_page(&page);
    assert!(page.status == 410 && page.text.contains("This link has expired"), "{} {}", page.status, page.text);
    let details = connector.process_until(&shipment, "an obstacle", |details| details["obstacle"].is_object()).await;
    assert_eq!(details["obstacle"]["code"], "pin-link-expired", "{details}");
}

/// The process is killed at moments around the release. Whatever the moment, the PIN is shown at most once: if the
/// record has the link as used, the page says so, and else it still works.
#[tokio::test(flavor = "multi_thread")]
async fn killed_process_never_shows_the_pin_twice() {
    let sandbox = Arc::new(Sandbox::start(KEYFERRY));
    let dir: Arc<TempDir> = Arc::new(tempfile::tempdir().unwrap());
    let mut connector = Connector::at(sandbox.clone(), dir.clone(), &SETTINGS).await;
    let (mut closed_unseen, mut open) = (0, 0);
    for milliseconds in [0, 10, 20, 30, 40, 60, 90] {
        let (shipment, link) = shipped(&connector).await;
        let mut first = browser(&connector);
        let form = first.sign_in(GRACE, &link).await;
        assert_eq!(form.status, 200, "{}", form.text);
        let csrf = form.hidden("csrf");
        let request = first.request(Method::POST, &link).form(&[("csrf", csrf.as_str()), ("arrived", "1")]);
        let showing = tokio::spawn(async move { request.send().await?.text().await });
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        connector.process.0.kill().unwrap();
        let was_shown = showing.await.unwrap().is_ok_and(|text| text.contains("class=\"pin\""));
        drop(connector);

        connector = Connector::at(sandbox.clone(), dir.clone(), &SETTINGS).await;
        let link = format!("{}/me/pin/{}", connector.api, link.split("/me/pin/").nth(1).unwrap());
        // The claim of the killed process ends by itself.
        let mut second = browser(&connector);
        let mut page = second.sign_in(GRACE, &link).await;
        if page.status == 200 {
            page = submit(&mut second, &page, &link).await;
        }
        let seen = connector.details(&shipment).await["history"].to_string().matches("pin_seen").count();
        match page.status {
            200 => {
                assert!(!was_shown && shows(&page) && seen == 1, "{milliseconds} ms: {was_shown} {seen}");
                open += 1;
            }
            410 => {
                assert!(page.text.contains("The PIN was shown already") && seen == 1, "{milliseconds}: {}", page.text);
                closed_unseen += usize::from(!was_shown);
            }
            // Claimed by the dead process; nothing was shown here.
            409 => assert!(!was_shown && !shows(&page), "{milliseconds} ms"),
            other => panic!("{milliseconds} ms: {other} {}", page.text),
        }
        let pin = if shows(&page) { pin_of(&page) } else { continue };
        let again = second.get(&link).await;
        assert!(again.status == 410 && !again.text.contains(&pin), "{milliseconds} ms: {}", again.text);
    }
    println!("closed without being seen: {closed_unseen}; still open: {open}");
}
