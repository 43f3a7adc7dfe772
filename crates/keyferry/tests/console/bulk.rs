//! Actions on many shipments: dry run, confirmation, result, and attempts to act without them.

use keyferry_proof_support::{ADA, ALAN, GRACE_ID, order_for};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::browser::{Browser, Page};
use super::pages::assert_page;
use super::support::Demo;

const NO_MANAGER: &str = "nomanager@contoso.onmicrosoft.com";

const ACTIONS: [&str; 5] = ["retry", "cancel", "abandon", "resolve", "resend-pin"];

/// Returns Keyferry's id of an accepted order.
async fn order(demo: &Demo, user: &str) -> String {
    let shipment = demo.order(user).await;
    demo.details(&shipment).await["id"].as_str().unwrap().to_owned()
}

/// Returns Keyferry's id of a shipment that has no addressee for its PIN.
async fn stuck(demo: &Demo) -> String {
    let shipment = demo.order(NO_MANAGER).await;
    demo.parcel_to(&shipment, 103).await;
    demo.process_until(&shipment, "an obstacle", |details| details["obstacle"].is_object()).await;
    demo.details(&shipment).await["id"].as_str().unwrap().to_owned()
}

async fn phase(demo: &Demo, id: &str) -> Value {
    demo.details(id).await["phase"].clone()
}

/// Submits the confirmation of a dry run, with other values of some fields.
async fn confirm(browser: &mut Browser, dry_run: &Page, fields: &[(&str, &str)]) -> Page {
    let mut form: Vec<(String, String)> = ["csrf", "selection", "token", "shown"]
        .map(|name| (name.to_owned(), dry_run.hidden(name).replace("&#38;", "&")))
        .into();
    for (name, value) in fields {
        form.retain(|(found, _)| found != name);
        form.push(((*name).to_owned(), (*value).to_owned()));
    }
    let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post("/shipments/actions", &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn ticked_shipments_are_cancelled_after_a_dry_run() {
    let demo = Demo::start().await;
    let (ada, alan, stuck) = (order(&demo, ADA).await, order(&demo, ALAN).await, stuck(&demo).await);
    let mut browser = Browser::grace(&demo).await;
    let list = browser.get("/shipments?sort=newest").await;
    assert_page(&list);
    for part in ACTIONS.map(|action| format!("<option value=\"{action}\">")) {
        assert!(list.text.contains(&part), "{part}: {}", list.text);
    }
    for id in [&ada, &alan, &stuck] {
        assert!(list.text.contains(&format!("type=\"checkbox\" name=\"id\" value=\"{id}\"")), "{}", list.text);
    }
    // What the form around the list sends.
    let form = format!("/shipments/actions?sort=newest&action=cancel&id={ada}&id={stuck}&id={alan}&for=ticked");
    let dry_run = browser.get(&form).await;
    assert_eq!(dry_run.status, 303, "{}", dry_run.text);
    let dry_run = browser.follow(dry_run).await;
    assert_page(&dry_run);
    for part in ["Possible for 2 of 3.", "it is registered", ADA, ALAN, NO_MANAGER, "Cancel 2 orders", &stuck] {
        assert!(dry_run.text.contains(part), "{part}: {}", dry_run.text);
    }
    // Without a reason, or with another number than the page named.
    for (fields, part) in [
        ([("reason", " "), ("confirm", "2")], "Enter a reason."),
        ([("reason", "left"), ("confirm", "3")], "the number that you entered is another one"),
        ([("reason", "left"), ("confirm", "")], "the number that you entered is another one"),
        ([("reason", "left"), ("confirm", "-2")], "the number that you entered is another one"),
    ] {
        let page = confirm(&mut browser, &dry_run, &fields).await;
        assert_page(&page);
        assert!(page.status == 400 && page.text.contains(part), "{part}: {}", page.text);
        assert!(page.text.contains(&format!("name=\"reason\" value=\"{}\"", fields[0].1.trim())), "{}", page.text);
    }
    let long = "x".repeat(600);
    let page = confirm(&mut browser, &dry_run, &[("reason", &long), ("confirm", "2")]).await;
    assert!(page.status == 400 && page.text.contains("`reason`"), "{}", page.text);
    assert_eq!([phase(&demo, &ada).await, phase(&demo, &alan).await], ["accepted", "accepted"]);

    // Meanwhile, one of them is cancelled elsewhere: the confirmed number is another one.
    let cancel = demo.post(&format!("/v1/shipments/{alan}/cancel"), &json!({ "reason": "elsewhere" })).await;
    assert!(cancel.status.is_success(), "{}", cancel.body);
    let page = confirm(&mut browser, &dry_run, &[("reason", "left"), ("confirm", "2")]).await;
    assert_page(&page);
    assert!(page.status == 409 && page.text.contains("Nothing was changed: in the meantime"), "{}", page.text);
    assert!(page.text.contains("Possible for 1 of 3.") && page.text.contains("value=\"left\""), "{}", page.text);
    assert_eq!(phase(&demo, &ada).await, "accepted");

    let fields = [("reason", "left the company"), ("confirm", "1")];
    let done = confirm(&mut browser, &page, &fields).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let address = done.header("location").to_owned();
    let result = browser.follow(done).await;
    assert_page(&result);
    assert!(result.text.contains("1 order is cancelled."), "{}", result.text);
    assert!(result.text.contains("href=\"/console/shipments?sort=newest\""), "{}", result.text);
    let events = demo.get(&format!("/v1/shipments/{ada}/events")).await.body.to_string();
    assert!(events.contains("left the company") && events.contains(GRACE_ID), "{events}");
    assert_eq!(phase(&demo, &stuck).await, "registered");
    // The same form again does nothing again, and shows the same result. It is the user's only.
    let again = confirm(&mut browser, &page, &fields).await;
    assert_eq!((again.status, again.header("location")), (303, address.as_str()));
    let path = address.strip_prefix("/console").unwrap();
    let change = json!({ "appRoles": ["Keyferry.Operate"] });
    let alan_id = keyferry_proof_support::ALAN_ID;
    demo.control(Method::PATCH, &format!("/users/{alan_id}"), &change).await;
    let mut other = Browser::signed_in(&demo, ALAN).await;
    let page = other.get(path).await;
    assert!(page.status == 404 && page.text.contains("The result is not available"), "{}", page.text);
    assert_page(&page);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_match_are_retried_and_pins_sent_once() {
    let demo = Demo::start().await;
    let stuck = stuck(&demo).await;
    let shipment = demo.complete_order(ADA).await;
    let mut browser = Browser::grace(&demo).await;
    let code = demo.details(&stuck).await["obstacle"]["code"].as_str().unwrap().to_owned();
    let all = format!("/shipments/actions?code={code}&needs_human=true&action=retry&for=all&id={stuck}");
    let dry_run = browser.open(&all).await;
    assert_page(&dry_run);
    for part in ["Possible for 1 of 1.", "Try 1 shipment again", &format!("Code of the obstacle: {code}")] {
        assert!(dry_run.text.contains(part), "{part}: {}", dry_run.text);
    }
    assert!(dry_run.url.ends_with(&format!("?action=retry&for=all&code={code}&needs_human=true")), "{}", dry_run.url);
    let fields = [("reason", "manager entered"), ("confirm", "1")];
    let done = confirm(&mut browser, &dry_run, &fields).await;
    let result = browser.follow(done).await;
    assert!(result.text.contains("1 shipment is processed with the next run."), "{}", result.text);

    let mails = demo.mails().await.len();
    let dry_run = browser.open("/shipments/actions?action=resend-pin&for=all&phase=complete").await;
    assert!(dry_run.text.contains("Send 1 PIN again"), "{}", dry_run.text);
    let fields = [("reason", "mail server was down"), ("confirm", "1")];
    let first = confirm(&mut browser, &dry_run, &fields).await;
    let second = confirm(&mut browser, &dry_run, &fields).await;
    assert_eq!((first.status, first.header("location")), (303, second.header("location")));
    assert_eq!(demo.mails().await.len(), mails + 1, "a form that is sent twice sends one PIN");
    // Nothing was said about the condition: an unknown one is never left out.
    let wrong = browser.get("/shipments/actions?action=retry&for=all&fase=complete").await;
    assert_eq!(wrong.status, 303);
    let page = browser.follow(wrong).await;
    assert!(page.status == 400 && page.text.contains("contains “fase”"), "{}", page.text);
    for (query, part) in [
        ("for=all", "Choose an action first."),
        ("action=adopt&for=all", "Choose an action first."),
        ("action=retry&for=ticked&phase=accepted", "Tick the shipments"),
        ("action=retry&id=nobody", "Tick the shipments"),
    ] {
        let page = browser.open(&format!("/shipments/actions?{query}")).await;
        assert_page(&page);
        assert!(page.text.contains(part) && page.url.contains("/console/shipments?"), "{query}: {}", page.text);
    }
    let details = demo.details(&shipment).await;
    assert_eq!(details["phase"], "complete");
}

/// For each role and action: what the list offers, the dry run, and a confirmation that no page offered.
#[tokio::test(flavor = "multi_thread")]
async fn each_role_acts_on_many_only_as_its_operations_permit() {
    let demo = Demo::start().await;
    let ada = order(&demo, ADA).await;
    for role in ["Order", "Read", "Operate", "Pin", "Audit", "Admin"] {
        let change = json!({ "appRoles": [format!("Keyferry.{role}")] });
        demo.control(Method::PATCH, &format!("/users/{GRACE_ID}"), &change).await;
        let mut browser = Browser::grace(&demo).await;
        let csrf = browser.get("/no/such/page").await.hidden("csrf");
        let offered = browser.get("/shipments").await.text;
        for action in ACTIONS {
            let permitted = if action == "resend-pin" { role == "Pin" } else { role == "Operate" };
            let is_offered = offered.contains(&format!("<option value=\"{action}\">"));
            assert_eq!(is_offered, permitted, "{role} {action}");
            for target in [format!("id={ada}"), "for=all".to_owned(), "for=all&phase=accepted".to_owned()] {
                let selection = format!("action={action}&{target}");
                let page = browser.get(&format!("/shipments/actions?{selection}")).await;
                assert_eq!(page.status, if permitted { 200 } else { 403 }, "{role} {selection}: {}", page.text);
                assert!(permitted || !page.text.contains(ADA), "{role} {selection}");
                // A number that is never right, so that what is permitted changes nothing, either.
                let token = "AAAAAAAAAAAAAAAAAAAAAA";
                let form = [
                    ("csrf", csrf.as_str()),
                    ("selection", &selection),
                    ("reason", "forged"),
                    ("shown", "77"),
                    ("confirm", "77"),
                    ("token", token),
                ];
                let page = browser.post("/shipments/actions", &form).await;
                assert_eq!(page.status, if permitted { 409 } else { 403 }, "{role} {selection}: {}", page.text);
                assert_page(&page);
            }
        }
        let status = browser.get("/shipments/actions/AAAAAAAAAAAAAAAAAAAAAA").await.status;
        assert_eq!(status, if matches!(role, "Operate" | "Pin") { 404 } else { 403 }, "{role}");
    }
    let events = demo.get(&format!("/v1/shipments/{ada}/events")).await.body.to_string();
    assert!(!events.contains("forged"), "{events}");
    assert_eq!(phase(&demo, &ada).await, "accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_confirmations_change_nothing() {
    let demo = Demo::start().await;
    let ada = order(&demo, ADA).await;
    let (mut browser, mut other) = (Browser::grace(&demo).await, Browser::grace(&demo).await);
    let dry_run = browser.get(&format!("/shipments/actions?action=cancel&id={ada}")).await;
    assert!(dry_run.text.contains("Possible for 1 of 1."), "{}", dry_run.text);
    let others = other.get("").await.hidden("csrf");
    let good = [("reason", "forged"), ("confirm", "1")];
    for csrf in ["", "x", &others] {
        let page = confirm(&mut browser, &dry_run, &[&good[..], &[("csrf", csrf)]].concat()).await;
        assert!(page.status == 403 && page.text.contains("not from this session"), "{csrf}: {}", page.text);
    }
    let csrf = dry_run.hidden("csrf");
    let selection = dry_run.hidden("selection");
    let form = [("csrf", csrf.as_str()), ("selection", &selection), ("reason", "x"), ("shown", "1"), ("confirm", "1")];
    let page = browser.post_with("/shipments/actions", &form, ("sec-fetch-site", "cross-site")).await;
    assert_eq!(page.status, 403);
    // Without a token, or with one that is none: there is no result, and nothing was done.
    for token in ["", "x", "../../shipments", MARKUP] {
        let page = confirm(&mut browser, &dry_run, &[&good[..], &[("token", token)]].concat()).await;
        assert!(page.status == 303 && page.header("location").starts_with("/console/shipments/actions/"), "{page:?}");
    }
    // Another selection than that of the dry run: the number decides, and what is not an id is none.
    for selection in
        ["action=cancel", "action=cancel&id=", "id=x&action=cancel", "action=cancel&for=all&user=x%40y.example"]
    {
        let page = confirm(&mut browser, &dry_run, &[&good[..], &[("selection", selection)]].concat()).await;
        assert!(matches!(page.status, 303 | 409), "{selection}: {}", page.text);
    }
    // A link changes nothing.
    let link = format!("/shipments/actions?action=cancel&id={ada}&reason=forged&confirm=1&shown=1&csrf={csrf}");
    browser.open(&link).await;
    assert_eq!(phase(&demo, &ada).await, "accepted");
}

const MARKUP: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

#[tokio::test(flavor = "multi_thread")]
async fn actions_on_many_need_a_recent_sign_in_and_escape_what_is_entered() {
    let demo = Demo::start().await;
    let ada = order(&demo, ADA).await;
    let clock = |seconds: i64| json!({ "advance_seconds": seconds, "tokens_too": true });
    // A password that was entered 15 minutes ago.
    demo.control(Method::POST, "/clock", &clock(-900)).await;
    let mut browser = Browser::grace(&demo).await;
    demo.control(Method::POST, "/clock", &clock(900)).await;
    let selection = format!("action=cancel&id={ada}");
    let page = browser.get(&format!("/shipments/actions?{selection}")).await;
    assert!(page.status == 403 && page.text.contains("Sign in again to continue"), "{}", page.text);
    let returns: String = encoded(&format!("/console/shipments/actions?action=cancel&id={ada}"));
    assert!(page.text.contains(&returns), "{returns}: {}", page.text);
    let csrf = page.hidden("csrf");
    let token = "AAAAAAAAAAAAAAAAAAAAAA";
    let form = [
        ("csrf", csrf.as_str()),
        ("selection", &selection),
        ("reason", "x"),
        ("shown", "1"),
        ("confirm", "1"),
        ("token", token),
    ];
    let page = browser.post("/shipments/actions", &form).await;
    assert!(page.status == 403 && page.text.contains("Sign in again to continue"), "{}", page.text);
    assert_eq!(phase(&demo, &ada).await, "accepted");
    // What can be done again needs none. What is entered is text.
    let dry_run = browser.get(&format!("/shipments/actions?action=retry&for=all&reference={}", encoded(MARKUP))).await;
    assert_page(&dry_run);
    assert!(dry_run.text.contains("&#60;script&#62;alert(1)") && dry_run.text.contains("none of these"), "{dry_run:?}");
    let dry_run = browser.get(&format!("/shipments/actions?action=retry&id={ada}")).await;
    let page = confirm(&mut browser, &dry_run, &[("reason", MARKUP), ("confirm", "5")]).await;
    assert_page(&page);
    assert!(page.text.contains("&#60;script&#62;alert(1)"), "{}", page.text);
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// More than a thousand match: no page lists them all, and the number is confirmed.
#[tokio::test(flavor = "multi_thread")]
async fn many_matches_are_counted_and_not_listed() {
    let demo = Demo::start().await;
    let mut one = order_for(ADA);
    one["reference"] = json!("roll-out");
    assert_eq!(demo.post("/v1/orders", &one).await.status, StatusCode::ACCEPTED);
    let list = "/v1/shipments?phase=accepted";
    demo.until("an accepted order", async || demo.get(list).await.body["items"].as_array().unwrap().len() == 1).await;
    copy(&demo, 1200);
    let mut browser = Browser::grace(&demo).await;
    let page = browser.get("/shipments?phase=accepted").await;
    assert_page(&page);
    assert_eq!(page.text.matches("name=\"id\"").count(), 50);
    assert!(page.text.contains("rel=\"next\"") && page.text.len() < 120_000, "{}", page.text.len());
    let dry_run = browser.open("/shipments/actions?action=cancel&for=all&phase=accepted").await;
    assert_page(&dry_run);
    assert!(dry_run.text.contains("Possible for 1,201 of 1,201."), "{}", dry_run.text);
    assert!(dry_run.text.len() < 20_000 && dry_run.text.contains("Cancel 1201 orders"), "{}", dry_run.text);
    // None of these can be resolved: the page names a few, and counts the others.
    let dry_run = browser.open("/shipments/actions?action=resolve&for=all").await;
    assert_page(&dry_run);
    for part in ["Possible for 0 of 1,201.", "1181 more shipments are not listed.", "none of these shipments"] {
        assert!(dry_run.text.contains(part), "{part}: {}", dry_run.text);
    }
    assert!(!dry_run.text.contains("name=\"confirm\""), "{}", dry_run.text);
    let csv = browser.get("/shipments.csv?phase=accepted").await;
    assert_eq!(csv.text.lines().count(), 1202);
}

/// Copies the only row of the database, as a list sees it.
fn copy(demo: &Demo, number: u32) {
    let database = rusqlite::Connection::open(demo.data_dir().join("keyferry.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let mut statement = database.prepare("SELECT name FROM pragma_table_info('fprshipments')").unwrap();
    let names = statement.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
    let columns: Vec<_> = names.filter(|name| name != "id").collect();
    let columns = columns.join(", ");
    let sql = format!(
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {number})
        INSERT INTO fprshipments (id, {columns})
        SELECT printf('0196f0a0-0000-7000-8000-%012x', n), {columns} FROM fprshipments, number"
    );
    assert_eq!(database.execute(&sql, []).unwrap(), number as usize);
}
