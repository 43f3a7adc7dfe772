//! The pages for people: a PIN is shown once, to its addressee.

use keyferry_proof_support::{ADA, ALAN, ALAN_ID, GRACE, GRACE_ID};
use reqwest::Method;
use serde_json::json;

use super::browser::{Browser, Page, SESSION};
use super::pages::assert_page;
use super::support::Demo;

pub(super) async fn demo() -> Demo {
    Demo::with(&["--pin-release", "page", "--verbose"]).await
}

/// Ships a key for Ada, and returns the shipment and the link in the mail to her manager.
pub(super) async fn offered(demo: &Demo) -> (String, String) {
    let shipment = demo.order(ADA).await;
    demo.parcel_to(&shipment, 103).await;
    demo.process_until(&shipment, "registration", |details| details["phase"] == "registered").await;
    demo.until("a mail with a link", async || !demo.mails().await.is_empty()).await;
    (shipment, newest_link(demo).await)
}

pub(super) async fn newest_link(demo: &Demo) -> String {
    let mails = demo.mails().await;
    let mail = mails.last().unwrap();
    assert_eq!(mail["to"], json!([GRACE]));
    let text = mail["text"].as_str().unwrap();
    let start = text.find("http").unwrap();
    text[start..].split_whitespace().next().unwrap().to_owned()
}

/// Submits the form of a page that asks.
pub(super) async fn submit(browser: &mut Browser, page: &Page, link: &str) -> Page {
    let csrf = page.hidden("csrf");
    browser.post(link, &[("csrf", &csrf), ("arrived", "1")]).await
}

pub(super) fn pin_of(page: &Page) -> String {
    let output = page.text.split("<output class=\"pin\"").nth(1).unwrap();
    output.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn manager_sees_the_pin_once() {
    let demo = demo().await;
    let (shipment, link) = offered(&demo).await;
    let mut browser = Browser::of(&demo);
    let page = browser.sign_in(GRACE, &link).await;
    assert_page(&page);
    assert_eq!(page.status, 200, "{}", page.text);
    let details = demo.details(&shipment).await;
    let serial = details["serial"].as_str().or(details["keys"][0]["serial"].as_str()).unwrap_or_default().to_owned();
    assert!(page.text.contains(&serial) && page.text.contains(ADA), "{serial} {}", page.text);
    assert!(!page.text.contains("class=\"pin\""), "{}", page.text);

    // Without the confirmation, and without the form.
    let csrf = page.hidden("csrf");
    let refused = browser.post(&link, &[("csrf", &csrf)]).await;
    assert!(refused.status == 400 && refused.text.contains("Confirm that the key has arrived"), "{}", refused.text);
    let forged = browser.post(&link, &[("csrf", "x"), ("arrived", "1")]).await;
    assert!(forged.status == 403 && forged.text.contains("The form is not from this session"), "{}", forged.text);
    let form = [("csrf", csrf.as_str()), ("arrived", "1")];
    let forged = browser.post_with(&link, &form, ("sec-fetch-site", "same-site")).await;
    assert_eq!(forged.status, 403, "{}", forged.text);

    let shown = submit(&mut browser, &page, &link).await;
    assert_page(&shown);
    assert_eq!(shown.status, 200, "{}", shown.text);
    let pin = pin_of(&shown);
    assert!(pin.len() >= 4, "{pin}");
    assert_eq!(shown.header("cache-control"), "no-store");
    assert_eq!(shown.header("referrer-policy"), "no-referrer");
    assert!(shown.header("content-security-policy").contains("default-src 'none'"));
    assert!(shown.text.contains("content=\"60;url=/me/pin-closed\""), "{}", shown.text);
    assert_eq!(demo.details(&shipment).await["shipment_state"], "complete");

    // A reload, the link, and the page after the time.
    let again = submit(&mut browser, &page, &link).await;
    assert!(again.status == 410 && again.text.contains("The PIN was shown already"), "{}", again.text);
    let again = browser.get(&link).await;
    assert!(again.status == 410 && again.text.contains("ask for a new link"), "{}", again.text);
    browser.language = "de";
    let again = browser.get(&link).await;
    assert!(again.text.contains("lang=\"de\"") && again.text.contains("Die PIN wurde schon gezeigt"), "{}", again.text);
    for page in [&again, &page] {
        assert!(!page.text.contains(&pin), "{}", page.text);
    }

    // The PIN and the link are in no event, mail or log line.
    let history = demo.details(&shipment).await["history"].to_string();
    assert!(history.contains("pin_offered") && history.contains("pin_seen") && history.contains(GRACE_ID), "{history}");
    let token = link.rsplit('.').next().unwrap();
    let mails = json!(demo.mails().await).to_string();
    for (what, text) in [("history", &history), ("mails", &mails), ("log", &demo.log())] {
        assert!(!text.contains(&pin), "{what} contains the PIN");
        assert!(what == "mails" || !text.contains(token), "{what} contains the link");
    }

    // A new link is a release by an operator.
    let path = format!("/v1/operations/resend-pin/{shipment}");
    let answer = demo.get(&path).await;
    assert!(answer.status.is_success(), "{} {}", answer.status, answer.body);
    browser.language = "en";
    let next = newest_link(&demo).await;
    assert_ne!(next, link);
    let page = browser.get(&next).await;
    let shown = submit(&mut browser, &page, &next).await;
    assert_eq!(pin_of(&shown), pin, "{}", shown.text);
    let old = browser.get(&link).await;
    assert!(old.status == 404 && old.text.contains("a newer link replaced it"), "{}", old.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarded_link_shows_nothing() {
    let demo = demo().await;
    let (shipment, link) = offered(&demo).await;

    // A colleague with roles, and the holder of the key, who has no role.
    for user in [ALAN, ADA] {
        let mut browser = Browser::of(&demo);
        let page = browser.sign_in(user, &link).await;
        assert_page(&page);
        assert!(page.status == 403 && page.text.contains("This PIN is for another person"), "{user} {}", page.text);
        assert!(page.text.contains("prompt=account"), "{}", page.text);
        assert!(!page.text.contains("Serial number"), "{}", page.text);
        // With the form of another page of the session.
        let csrf = browser.get(&browser.address("/").replace("/console/", "/me")).await.hidden("csrf");
        let page = browser.post(&link, &[("csrf", &csrf), ("arrived", "1")]).await;
        assert!(page.status == 403 && page.text.contains("This PIN is for another person"), "{user} {}", page.text);
    }
    // Without a session: no page at all, and a form shows nothing.
    let mut stranger = Browser::of(&demo);
    let page = stranger.get(&link).await;
    assert!(page.leads_to().unwrap().contains("/me/sign-in?return_to="), "{}", page.text);
    let page = stranger.post(&link, &[("arrived", "1")]).await;
    assert!(page.status == 403 && page.text.contains("Your session has ended"), "{}", page.text);
    // The session of a user without a role opens no page of the console.
    let mut ada = Browser::of(&demo);
    ada.sign_in(ADA, &link).await;
    assert!(ada.cookies.contains_key(SESSION));
    let page = ada.get("/shipments").await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert_eq!(demo.details(&shipment).await["phase"], "registered");

    // The manager changes: the mail of the previous one is worthless.
    let mut grace = Browser::of(&demo);
    assert_eq!(grace.sign_in(GRACE, &link).await.status, 200);
    let form = grace.get(&link).await;
    demo.control(Method::PATCH, "/users/a1000000-0000-4000-8000-000000000001", &json!({ "manager": ALAN_ID })).await;
    let page = submit(&mut grace, &form, &link).await;
    assert!(page.status == 403 && page.text.contains("This PIN cannot be shown"), "{} {}", page.status, page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_browsers_at_once_see_the_pin_once() {
    let demo = demo().await;
    let (_, link) = offered(&demo).await;
    let (mut one, mut other) = (Browser::of(&demo), Browser::of(&demo));
    let first = one.sign_in(GRACE, &link).await;
    let second = other.sign_in(GRACE, &link).await;
    let (first, second) = tokio::join!(submit(&mut one, &first, &link), submit(&mut other, &second, &link));
    let shown = [&first, &second].into_iter().filter(|page| page.text.contains("class=\"pin\"")).count();
    assert_eq!(shown, 1, "{} {}", first.text, second.text);
    let refused = if first.status == 200 { second } else { first };
    assert!([409, 410].contains(&refused.status), "{} {}", refused.status, refused.text);
}
