//! The pages for people: a temporary access pass is shown once, to its addressee.

use keyferry_proof_support::{ADA, ADA_ID, ALAN, ALAN_ID, GRACE, GRACE_ID};
use reqwest::Method;
use serde_json::{Value, json};

use super::browser::{Browser, Page};
use super::pages::assert_page;
use super::portal::pin_of;
use super::portal_person::{link, text_to};
use super::support::Demo;

const SUBJECT: &str = "A temporary access pass for";
const QUERY: &str = "user=ada.lovelace%40contoso.onmicrosoft.com";

pub(super) async fn demo(who: &str) -> Demo {
    Demo::with(&["--access-pass", who, "--verbose"]).await
}

pub(super) async fn report(demo: &Demo) -> Value {
    let lost = json!({ "reason": "left on a train", "replace": false, "access_pass": true });
    let answer = demo.post(&format!("/v1/people/{ADA}/lost-key"), &lost).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// Waits for the mail to this user, and returns the link.
pub(super) async fn link_to(demo: &Demo, user: &str) -> String {
    demo.until(SUBJECT, async || text_to(&demo.mails().await, user, SUBJECT).is_some()).await;
    link(&text_to(&demo.mails().await, user, SUBJECT).unwrap(), "/me/pass/")
}

async fn submit(browser: &mut Browser, page: &Page, link: &str) -> Page {
    let csrf = page.hidden("csrf");
    browser.post(link, &[("csrf", &csrf)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn manager_sees_the_pass_once() {
    let demo = demo("manager").await;
    let shipment = demo.complete_order(ADA).await;
    let answer = report(&demo).await;
    let link = link_to(&demo, GRACE).await;
    let mut browser = Browser::of(&demo);
    let page = browser.sign_in(GRACE, &link).await;
    assert_page(&page);
    assert!(page.status == 200 && page.text.contains(ADA) && page.text.contains("60 min"), "{}", page.text);
    assert!(!page.text.contains("class=\"pin\""), "{}", page.text);
    let forged = browser.post(&link, &[("csrf", "x")]).await;
    assert!(forged.status == 403 && forged.text.contains("The form is not from this session"), "{}", forged.text);

    let shown = submit(&mut browser, &page, &link).await;
    assert_page(&shown);
    assert_eq!(shown.status, 200, "{}", shown.text);
    let pass = pin_of(&shown);
    assert_eq!(pass.len(), 8, "{pass}");
    assert_eq!(shown.header("cache-control"), "no-store");
    assert_eq!(shown.header("referrer-policy"), "no-referrer");
    assert!(shown.text.contains("content=\"60;url=/me/pass-closed\""), "{}", shown.text);
    assert!(shown.text.contains("It signs in once, until"), "{}", shown.text);
    let hidden = browser.get(&link.replace(link.split("/me/").nth(1).unwrap(), "pass-closed")).await;
    assert!(hidden.text.contains("The pass is hidden"), "{}", hidden.text);

    let again = submit(&mut browser, &page, &link).await;
    assert!(again.status == 410 && again.text.contains("The pass was shown already"), "{}", again.text);
    browser.language = "de";
    let again = browser.get(&link).await;
    assert!(
        again.text.contains("Der Code wurde schon gezeigt") && again.text.contains("lang=\"de\""),
        "{}",
        again.text
    );
    assert_page(&again);

    let history = demo.details(&shipment).await["history"].to_string();
    for kind in ["access_pass_requested", "access_pass_opened", "access_pass_seen"] {
        assert!(history.contains(kind), "{kind}: {history}");
    }
    assert!(history.contains(GRACE_ID), "{history}");
    let token = link.rsplit('.').next().unwrap();
    let mails = json!(demo.mails().await).to_string();
    for (what, text) in
        [("answer", &answer.to_string()), ("history", &history), ("mails", &mails), ("log", &demo.log())]
    {
        assert!(!text.contains(&pass), "{what} contains the pass");
        assert!(what == "mails" || !text.contains(token), "{what} contains the link");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn others_see_nothing_and_a_changed_manager_neither() {
    let demo = demo("manager").await;
    demo.complete_order(ADA).await;
    report(&demo).await;
    let link = link_to(&demo, GRACE).await;
    for user in [ALAN, ADA] {
        let mut browser = Browser::of(&demo);
        let page = browser.sign_in(user, &link).await;
        assert_page(&page);
        assert!(page.status == 403 && page.text.contains("This pass is for another person"), "{user} {}", page.text);
        assert!(page.text.contains("prompt=account"), "{}", page.text);
        let csrf = browser.get(&browser.address("/").replace("/console/", "/me")).await.hidden("csrf");
        let page = browser.post(&link, &[("csrf", &csrf)]).await;
        assert!(page.status == 403 && page.text.contains("This pass is for another person"), "{user} {}", page.text);
    }
    let mut grace = Browser::of(&demo);
    let page = grace.sign_in(GRACE, &link).await;
    demo.control(Method::PATCH, &format!("/users/{ADA_ID}"), &json!({ "manager": ALAN_ID })).await;
    let page = submit(&mut grace, &page, &link).await;
    assert!(page.status == 403 && page.text.contains("This pass cannot be shown"), "{} {}", page.status, page.text);
    demo.control(Method::PATCH, &format!("/users/{ADA_ID}"), &json!({ "manager": GRACE_ID })).await;

    // The policy refuses; nothing is wasted.
    demo.control(Method::PUT, "/settings", &json!({ "access_passes": false })).await;
    let page = grace.get(&link).await;
    let refused = submit(&mut grace, &page, &link).await;
    assert!(refused.status == 503 && refused.text.contains("cannot be shown at the moment"), "{}", refused.text);
    demo.control(Method::PUT, "/settings", &json!({ "access_passes": true })).await;
    let page = grace.get(&link).await;
    let shown = submit(&mut grace, &page, &link).await;
    assert_eq!(pin_of(&shown).len(), 8, "{}", shown.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn console_requests_a_pass_and_the_reporter_does_not_see_it() {
    let demo = demo("person").await;
    let delivered = demo.complete_order(ADA).await;
    let shipment = demo.details(&delivered).await["id"].as_str().unwrap().to_owned();
    let mut grace = Browser::grace(&demo).await;
    let form = grace.get(&format!("/people/lost-key?{QUERY}&shipment={shipment}")).await;
    assert_page(&form);
    assert!(form.text.contains("name=\"access_pass\""), "{}", form.text);
    let csrf = form.hidden("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("user", ADA),
        ("shipment", &shipment),
        ("reason", "stolen"),
        ("next", "none"),
        ("access_pass", "1"),
    ];
    let page = grace.post("/people/lost-key", &fields).await;
    assert_page(&page);
    assert!(page.status == 200 && page.text.contains("A temporary access pass is requested."), "{}", page.text);
    let link = link_to(&demo, ADA).await;
    let page = grace.get(&link).await;
    assert_eq!(page.status, 403, "{}", page.text);
    let mut ada = Browser::of(&demo);
    let page = ada.sign_in(ADA, &link).await;
    let shown = submit(&mut ada, &page, &link).await;
    assert!(shown.status == 200 && shown.text.contains("Tell it to nobody"), "{}", shown.text);
    let story = grace.get(&format!("/shipments/{shipment}")).await;
    assert!(story.text.contains("Temporary access pass seen by the addressee"), "{}", story.text);
    assert!(!story.text.contains(&pin_of(&shown)), "{}", story.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_no_pass_can_be_requested() {
    let demo = demo("off").await;
    let delivered = demo.complete_order(ADA).await;
    let lost = json!({ "reason": "left on a train", "replace": false, "access_pass": true });
    let answer = demo.post(&format!("/v1/people/{ADA}/lost-key"), &lost).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.body.to_string().contains("KEYFERRY_ACCESS_PASS"), "{}", answer.body);
    assert_eq!(demo.methods(ADA_ID).await.len(), 1, "nothing was changed");
    let shipment = demo.details(&delivered).await["id"].as_str().unwrap().to_owned();
    let mut grace = Browser::grace(&demo).await;
    let form = grace.get(&format!("/people/lost-key?{QUERY}&shipment={shipment}")).await;
    assert!(form.status == 200 && !form.text.contains("access_pass"), "{}", form.text);
}
