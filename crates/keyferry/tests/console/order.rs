//! Order of a key for one person.

use keyferry_proof_support::{ADA, ALAN, GRACE_ID};
use reqwest::Method;
use serde_json::{Value, json};

use super::browser::{Browser, Page};
use super::pages::assert_page;
use super::support::Demo;

const NO_MANAGER: &str = "nomanager@contoso.onmicrosoft.com";

/// Fields of a complete order.
const FIELDS: [(&str, &str); 14] = [
    ("recipient_firstname", "Ada"),
    ("recipient_lastname", "Lovelace"),
    ("recipient_email", "parcel@contoso.onmicrosoft.com"),
    ("recipient_telephone", "5555555555"),
    ("recipient_company", "Contoso"),
    ("street_line1", "1 Analytical Way"),
    ("city", "Palo Alto"),
    ("region", "CA"),
    ("postal_code", "94301"),
    ("country_code_2", "US"),
    ("product_id", "1"),
    ("inventory_product_id", "106"),
    ("customization_id", "CUSTID"),
    ("pin_length", "8"),
];

pub(super) struct Form {
    csrf: String,
    key: String,
}

impl Form {
    pub(super) async fn open(browser: &mut Browser) -> Self {
        let page = browser.get("/order").await;
        assert_page(&page);
        assert_eq!(page.status, 200, "{}", page.text);
        Self { csrf: page.hidden("csrf"), key: page.hidden("key") }
    }

    /// Posts the form. Later fields replace earlier ones.
    pub(super) async fn post(&self, browser: &mut Browser, fields: &[(&str, &str)]) -> Page {
        let own = [("csrf", self.csrf.as_str()), ("key", self.key.as_str())];
        let mut all: Vec<(&str, &str)> = Vec::new();
        for (name, value) in own.iter().chain(&FIELDS).chain(fields) {
            all.retain(|(known, _)| known != name);
            all.push((name, value));
        }
        browser.post("/order", &all).await
    }
}

pub(super) async fn shipments(demo: &Demo) -> Vec<Value> {
    demo.get("/v1/shipments").await.body["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_orders_once_for_a_person_from_the_directory() {
    let demo = Demo::with(&["--people", "300", "--seed", "5"]).await;
    let people = demo.sandbox(Method::GET, "/control/people.csv?rows=20", None).await.text;
    let line = people.lines().nth(1).unwrap().to_owned();
    let user = line.split([',', ';']).find(|cell| cell.contains('@')).unwrap().to_owned();
    let mut browser = Browser::grace(&demo).await;
    let form = Form::open(&mut browser).await;

    // Without a script: the button looks up, and each result is a button.
    let start = &user[..4];
    let found = form.post(&mut browser, &[("user_id", start), ("step", "search")]).await;
    assert_page(&found);
    assert!(found.text.contains("name=\"pick\" value="), "{}", found.text);
    assert!(found.text.matches("name=\"pick\"").count() <= 8);
    let filled = form.post(&mut browser, &[("user_id", start), ("pick", &user)]).await;
    assert_page(&filled);
    assert!(filled.text.contains("Name and address are those of the directory."), "{}", filled.text);
    assert!(filled.text.contains(&format!("name=\"user_id\" value=\"{user}\"")), "{}", filled.text);
    assert!(!filled.text.contains("1 Analytical Way"), "an address of two people: {}", filled.text);

    let none = "No user has a name";
    for (text, expected) in [("x", "at least two characters"), ("qqqqqq", none), ("'); --", none)] {
        let page = form.post(&mut browser, &[("user_id", text), ("step", "search")]).await;
        assert!(page.text.contains(expected), "{text}: {}", page.text);
    }

    let fields = [("user_id", ADA), ("reference", "REQ-7"), ("needed_by", "2999-01-01")];
    let confirm = form.post(&mut browser, &[&fields[..], &[("step", "confirm")]].concat()).await;
    assert_page(&confirm);
    for text in [
        "Nothing is ordered yet.",
        "Ada Lovelace · ada.lovelace@contoso.onmicrosoft.com",
        "YubiKey 5 NFC (1)",
        "1 Analytical Way, 94301 Palo Alto CA",
        "the manager: grace.hopper@contoso.onmicrosoft.com",
        "REQ-7",
    ] {
        assert!(confirm.text.contains(text), "{text}: {}", confirm.text);
    }
    assert!(shipments(&demo).await.is_empty());

    // A double click, and a reload of the last page.
    let order = [&fields[..], &[("step", "order")]].concat();
    let (mut one, mut other) = (browser.clone(), browser.clone());
    let (first, second) = tokio::join!(form.post(&mut one, &order), form.post(&mut other, &order));
    let third = form.post(&mut browser, &order).await;
    let leads: Vec<_> = [first, second, third].iter().filter_map(Page::leads_to).collect();
    assert!(!leads.is_empty() && leads.iter().all(|to| *to == leads[0]), "{leads:?}");
    let stored = shipments(&demo).await;
    assert_eq!(stored.len(), 1, "{stored:?}");
    let page = browser.get(&leads[0]).await;
    assert!(page.text.contains(ADA) && page.status == 200, "{}", page.text);
    let details = demo.details(stored[0]["id"].as_str().unwrap()).await;
    assert!(details.to_string().contains(GRACE_ID) && details.to_string().contains("REQ-7"), "{details}");
    // The same form for another person orders nothing.
    let changed = form.post(&mut browser, &[("user_id", ALAN), ("step", "order")]).await;
    assert!(changed.status == 422 && changed.text.contains("The order was not placed"), "{}", changed.text);
    assert_eq!(shipments(&demo).await.len(), 1);
    // No address of the console contained personal data.
    let log = demo.log();
    assert!(!log.contains("Analytical"), "an address in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_are_at_their_fields_and_nothing_is_ordered_with_errors() {
    let demo = Demo::start().await;
    let mut browser = Browser::grace(&demo).await;
    let form = Form::open(&mut browser).await;
    for (fields, field, expected) in [
        (&[("user_id", ADA), ("city", "")][..], "city", "`city` is missing"),
        (
            &[("user_id", ADA), ("recipient_lastname", "Lovelace-of-the-Analytical-Engine")],
            "recipient_lastname",
            "exceed",
        ),
        (&[("user_id", ADA), ("not_before", "31.12.26")], "not_before", "date"),
        (&[("user_id", "stranger@contoso.onmicrosoft.com")], "user_id", ""),
        (&[("user_id", NO_MANAGER)], "user_id", "manager"),
    ] {
        for step in ["check", "confirm", "order"] {
            if step == "order" && field == "user_id" {
                continue;
            }
            let page = form.post(&mut browser, &[fields, &[("step", step)]].concat()).await;
            let at = format!("id=\"e-{field}\"><p class=\"finding bad\">");
            let is_shown = page.text.contains(&at) || page.text.contains(&format!("<a href=\"#{field}\""));
            assert!(is_shown && page.text.contains(expected), "{step} {fields:?}: {}", page.text);
            let is_marked = page.text.contains(&format!("<a href=\"#{field}\">"));
            assert!(is_marked, "{step} {fields:?}: {}", page.text);
            assert!(!page.text.contains("Order this key?"), "{step} {fields:?}");
        }
    }
    assert!(shipments(&demo).await.is_empty());
    // A warning is shown, and does not hold the order.
    let soon = [("user_id", ADA), ("needed_by", "2026-01-01"), ("step", "confirm")];
    let page = form.post(&mut browser, &soon).await;
    assert!(page.text.contains("Look at this first") && page.text.contains("Order this key?"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_from_the_directory_are_text() {
    let demo = Demo::start().await;
    let markup = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let change = json!({ "displayName": format!("Ada {markup}") });
    demo.control(Method::PATCH, &format!("/users/{}", keyferry_proof_support::ADA_ID), &change).await;
    let mut browser = Browser::grace(&demo).await;
    let form = Form::open(&mut browser).await;
    for step in [("step", "search"), ("pick", ADA), ("step", "check"), ("step", "confirm"), ("step", "edit")] {
        let fields = [("user_id", ADA), ("city", "<b>x\"'"), ("reference", markup), step];
        let user = if step.1 == "search" { "Ada" } else { ADA };
        let page = form.post(&mut browser, &[&fields[..], &[("user_id", user)]].concat()).await;
        assert_page(&page);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_users_who_may_order_do() {
    let demo = Demo::start().await;
    let mut grace = Browser::grace(&demo).await;
    let form = Form::open(&mut grace).await;
    let order = [("user_id", ADA), ("step", "order")];
    // Alan may read. The page is neither linked nor shown, and a request that no page offered is refused.
    let mut alan = Browser::signed_in(&demo, ALAN).await;
    let overview = alan.get("").await;
    assert!(!overview.text.contains("/console/order") && overview.text.contains("/console/batches"));
    assert_eq!(alan.get("/order").await.status, 403);
    let own = Form { csrf: overview.hidden("csrf"), key: "k".to_owned() };
    for step in ["order", "search", "check", "confirm"] {
        let page = own.post(&mut alan, &[("user_id", ADA), ("step", step)]).await;
        assert_eq!(page.status, 403, "{step}: {}", page.text);
    }
    // The role for orders alone does not permit to search the directory, and orders all the same.
    let mut brian = Browser::signed_in(&demo, "o'brien#test@contoso.onmicrosoft.com").await;
    let form_of_brian = Form::open(&mut brian).await;
    for step in [("step", "search"), ("pick", ADA)] {
        let page = form_of_brian.post(&mut brian, &[("user_id", ADA), ("city", "Here"), step]).await;
        assert!(page.text.contains("The directory cannot be searched."), "{}", page.text);
        assert!(!page.text.contains("Grace") && page.text.contains("value=\"Here\""), "{}", page.text);
    }
    let confirm = form_of_brian.post(&mut brian, &[("user_id", ADA), ("step", "confirm")]).await;
    assert!(confirm.text.contains("the manager") && !confirm.text.contains("grace.hopper@"), "{}", confirm.text);
    let ordered = form_of_brian.post(&mut brian, &order).await;
    assert!(ordered.leads_to().is_some_and(|to| to.contains("/console/shipments/")), "{}", ordered.text);
    // Without the token, with that of another session, and from another site.
    for form in [Form { csrf: String::new(), key: "k".to_owned() }, Form { csrf: own.csrf, key: "k".to_owned() }] {
        assert_eq!(form.post(&mut grace, &order).await.status, 403);
    }
    let fields: Vec<_> = [("csrf", form.csrf.as_str()), ("key", "k")].into_iter().chain(FIELDS).chain(order).collect();
    let page = grace.post_with("/order", &fields, ("sec-fetch-site", "cross-site")).await;
    assert_eq!(page.status, 403);
    assert_eq!(shipments(&demo).await.len(), 1, "only Brian's");
}
