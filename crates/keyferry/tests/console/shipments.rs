//! The list: search, columns, saved lists.

use keyferry_proof_support::{ADA, ALAN, GRACE, GRACE_ID, order_for};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::browser::{Browser, Page};
use super::pages::assert_page;
use super::support::Demo;

const BRIAN: &str = "o'brien#test@contoso.onmicrosoft.com";

const MARKUP: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// Returns the address of a search.
fn search(text: &str) -> String {
    format!("/shipments?q={}", encoded(text))
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn queue(demo: &Demo, user: &str, reference: &str) -> Value {
    let mut order = order_for(user);
    order["reference"] = json!(reference);
    order["additional"] = json!(true);
    let queued = demo.post("/v1/orders", &order).await;
    assert_eq!(queued.status, StatusCode::ACCEPTED, "{}", queued.body);
    let id = queued.body["data"]["id"].as_str().or(queued.body["id"].as_str()).unwrap().to_owned();
    demo.until("the order to be accepted", async || demo.details(&id).await["phase"] == "accepted").await;
    demo.details(&id).await
}

#[tokio::test(flavor = "multi_thread")]
async fn search_recognises_what_was_typed() {
    let demo = Demo::start().await;
    let shipment = demo.complete_order(ADA).await;
    let details = demo.details(&shipment).await;
    let (id, serial) = (details["id"].as_str().unwrap(), details["keys"][0]["serial_number"].as_str().unwrap());
    let tracking = details["tracking"]["number"].as_str().unwrap();
    queue(&demo, ALAN, "REQ 0010042/é").await;
    queue(&demo, ALAN, serial).await;
    let mut browser = Browser::grace(&demo).await;
    for (text, address) in [
        (id.to_owned(), format!("/console/shipments/{id}")),
        (format!("  {shipment} "), format!("/console/shipments/{shipment}")),
        (ADA.to_uppercase(), format!("/console/shipments?user={}", encoded(&ADA.to_uppercase()))),
        (tracking.to_owned(), format!("/console/shipments?tracking={}", encoded(tracking))),
        ("req 0010042/É".to_owned(), format!("/console/shipments?reference={}", encoded("req 0010042/É"))),
    ] {
        let found = browser.get(&search(&text)).await;
        assert_eq!((found.status, found.header("location")), (303, address.as_str()), "{text}");
        let page = browser.follow(found).await;
        assert_page(&page);
        assert!(page.text.contains(ADA) || page.text.contains(ALAN), "{text}: {}", page.text);
    }
    // A number with two meanings.
    let page = browser.get(&search(serial)).await;
    assert_page(&page);
    for list in [format!("?serial={serial}"), format!("?reference={serial}")] {
        assert!(page.text.contains(&format!("href=\"/console/shipments{list}\"")), "{list}: {}", page.text);
        let list = browser.get(&format!("/shipments{list}")).await;
        assert!(list.text.contains("1 shipment<"), "{}", list.text);
    }
    // What was chosen before the search is kept.
    let found = browser.get(&format!("{}&columns=batch&phase=accepted", search("REQ 0010042/é"))).await;
    let kept = format!("/console/shipments?phase=accepted&reference={}&columns=batch", encoded("REQ 0010042/é"));
    assert_eq!(found.header("location"), kept);

    for text in ["nothing like this", MARKUP, "%00\u{1}", &"x".repeat(300), "..", "/v1/status", "'; DROP TABLE terms"] {
        let page = browser.get(&search(text)).await;
        assert_page(&page);
        assert!(page.status == 200 && page.text.contains("No shipment has this text"), "{text}: {}", page.text);
        assert!(!page.text.contains(ADA), "{text}");
    }
    // Names are not in the store, but in the directory. They are text, whatever they contain.
    let name = json!({ "displayName": MARKUP });
    demo.control(Method::PATCH, &format!("/users/{GRACE_ID}"), &name).await;
    for (text, part) in [
        ("ada lov", format!("<a href=\"/console/shipments?user={}\">Ada Lovelace</a>", encoded(ADA))),
        ("TURING", format!("<small>{ALAN}</small> · 2 shipments")),
        ("<script>alert(1)", "&#60;script&#62;alert(1)&#60;/script&#62;".to_owned()),
        (GRACE, format!("<a href=\"/console/people?user={}\">", encoded(GRACE))),
    ] {
        let page = browser.get(&search(text)).await;
        assert_page(&page);
        assert!(page.text.contains("People with this name") && page.text.contains(&part), "{text}: {}", page.text);
    }
    // A user who sees only the own orders finds nothing of others by any text.
    let mut brian = Browser::signed_in(&demo, BRIAN).await;
    for text in [id, &shipment, serial, tracking] {
        let page = brian.get(&search(text)).await;
        assert!(page.status == 200 && page.text.contains("No shipment has this text"), "{text}: {}", page.text);
    }
    let page = brian.get(&search(ADA)).await;
    assert!(page.status == 200 && page.text.contains(" · no shipments</li>"), "{}", page.text);
    // The directory does not answer.
    demo.fault(&json!({ "endpoint": "graph.*", "kind": "wrong_answer", "status": 403, "body": "{}" })).await;
    let page = browser.get(&search("ada lov")).await;
    assert_page(&page);
    assert!(page.status == 200 && page.text.contains("the directory could not be searched"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_chosen_in_the_address() {
    let demo = Demo::start().await;
    let details = queue(&demo, ALAN, "REQ1").await;
    let mut browser = Browser::grace(&demo).await;
    let usual = browser.get("/shipments").await;
    for header in ["State", "Serial number", "Tracking", "Reference", "Ordered", "Deadline"] {
        assert!(usual.text.contains(&format!("<th role=\"columnheader\" scope=\"col\">{header}</th>")), "{header}");
    }
    let form = "/shipments?phase=accepted&columns=country&columns=id&columns=delivery_id&columns=%3Cb%3E&sort=newest";
    let short = browser.get(form).await;
    let address = "/console/shipments?phase=accepted&sort=newest&columns=country%2Cid%2Cdelivery_id";
    assert_eq!(short.header("location"), address);
    let page = browser.follow(short).await;
    assert_page(&page);
    for part in [details["id"].as_str().unwrap(), details["shipment_id"].as_str().unwrap(), "Delivery service&#39;s id"]
    {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(!page.text.contains(">Deadline</th>") && !page.text.contains("class=\"badge busy\""), "{}", page.text);
    // The next search and the export keep what they need.
    assert_eq!(page.hidden("columns"), "country,id,delivery_id");
    assert!(page.text.contains("/console/shipments.csv?phase=accepted"), "{}", page.text);
    let csv = browser.get("/shipments.csv?phase=accepted&columns=country").await;
    assert!(csv.status == 200 && csv.text.starts_with("id,shipment_id,"), "{}", csv.text);
    // A condition can be taken away.
    assert!(page.text.contains("href=\"/console/shipments?sort=newest&#38;columns=country%2Cid%2Cdelivery_id\""));
}

async fn save(browser: &mut Browser, name: &str, query: &str) -> Page {
    let csrf = browser.get("/shipments").await.hidden("csrf");
    browser.post("/shipments/views", &[("csrf", &csrf), ("name", name), ("query", query)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_saved_for_their_user() {
    let demo = Demo::start().await;
    queue(&demo, ALAN, "REQ1").await;
    let mut browser = Browser::grace(&demo).await;
    let query = "phase=accepted&columns=batch";
    let saved = save(&mut browser, " Being made ", &format!("{query}&cursor=AAAA&notice=deleted")).await;
    assert_eq!(
        (saved.status, saved.header("location")),
        (303, "/console/shipments?phase=accepted&columns=batch&notice=saved")
    );
    let page = browser.follow(saved).await;
    assert_page(&page);
    assert!(page.text.contains("The list is saved."), "{}", page.text);
    let link = "<a href=\"/console/shipments?phase=accepted&#38;columns=batch\" aria-current=\"true\">Being made</a>";
    assert!(page.text.contains(link), "{}", page.text);
    // Names are text, whatever they contain. The same name replaces.
    for (name, query) in [(MARKUP, "user=a"), ("Ü / # ? 'x'", "user=b"), ("Being made", "phase=fulfilled")] {
        assert_eq!(save(&mut browser, name, query).await.status, 303, "{name}");
    }
    let page = browser.get("/shipments").await;
    assert_page(&page);
    assert!(
        page.text.contains("&#60;script&#62;alert(1)") && page.text.contains("?phase=fulfilled\""),
        "{}",
        page.text
    );
    assert_eq!(page.text.matches(">Being made</a>").count(), 1);

    // What cannot be saved explains itself, and keeps the name.
    let before = views(&mut browser).await;
    for (name, query, part) in [
        ("", "user=a", "Enter a name"),
        ("a\u{7}b", "user=a", "Enter a name"),
        (&"n".repeat(61), "user=a", "Enter a name"),
        ("long", &format!("reference={}", "r".repeat(2500)), "Reference: “rrr"),
        ("wrong", "phase=lost", "State: “lost” is not valid"),
        ("odd", "fase=accepted", "contains “fase”"),
        ("leads away", "https://evil.example/", "is not a condition"),
    ] {
        let page = save(&mut browser, name, query).await;
        assert_page(&page);
        assert!(page.status == 400 && page.text.contains(part), "{name} {query}: {}", page.text);
    }
    assert_eq!(views(&mut browser).await, before);
    // Nobody else's.
    let mut alan = Browser::signed_in(&demo, ALAN).await;
    assert_eq!(views(&mut alan).await, [""; 0]);
    let csrf = alan.get("/shipments").await.hidden("csrf");
    let form = [("csrf", csrf.as_str()), ("name", "Being made"), ("query", "")];
    assert_eq!(alan.post("/shipments/views/delete", &form).await.status, 303);
    assert_eq!(views(&mut browser).await, before);
    // Forged forms.
    for path in ["/shipments/views", "/shipments/views/delete"] {
        for token in ["", "x", &csrf] {
            let form = [("csrf", token), ("name", "Being made"), ("query", "user=forged")];
            assert_eq!(browser.post(path, &form).await.status, 403, "{path}");
        }
        let own = browser.get("/shipments").await.hidden("csrf");
        let form = [("csrf", own.as_str()), ("name", "Being made"), ("query", "user=forged")];
        assert_eq!(browser.post_with(path, &form, ("sec-fetch-site", "cross-site")).await.status, 403, "{path}");
    }
    assert_eq!(views(&mut browser).await, before);

    let csrf = browser.get("/shipments").await.hidden("csrf");
    let form = [("csrf", csrf.as_str()), ("name", "Being made"), ("query", "user=b")];
    let deleted = browser.post("/shipments/views/delete", &form).await;
    assert_eq!(deleted.header("location"), "/console/shipments?user=b&notice=deleted");
    assert!(browser.follow(deleted).await.text.contains("No shipment was changed."));
    assert_eq!(views(&mut browser).await.len(), before.len() - 1);
    // At most 30.
    for number in before.len() - 1..30 {
        assert_eq!(save(&mut browser, &format!("number {number}"), "user=c").await.status, 303);
    }
    let page = save(&mut browser, "one too many", "user=d").await;
    assert!(page.status == 400 && page.text.contains("You have 30 saved lists"), "{}", page.text);
    assert_page(&page);
    assert_eq!(views(&mut browser).await.len(), 30);
    // Without a role for the list, not even the names.
    let change = json!({ "appRoles": ["Keyferry.Admin"] });
    demo.control(Method::PATCH, &format!("/users/{GRACE_ID}"), &change).await;
    let mut admin = Browser::grace(&demo).await;
    let csrf = admin.get("/no/such/page").await.hidden("csrf");
    for path in ["/shipments/views", "/shipments/views/delete"] {
        let form = [("csrf", csrf.as_str()), ("name", "number 9"), ("query", "")];
        assert_eq!(admin.post(path, &form).await.status, 403, "{path}");
    }
}

/// Returns the links of the saved lists.
async fn views(browser: &mut Browser) -> Vec<String> {
    let page = browser.get("/shipments").await;
    let list = page.text.split("<ul class=\"views\">").nth(1).and_then(|rest| rest.split("</ul>").next());
    list.unwrap_or_default().split("<li>").skip(1).map(|item| item.split("</li>").next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_record_is_named_as_such() {
    let demo = Demo::start().await;
    let (damaged, _) = (demo.order(ADA).await, demo.order(ALAN).await);
    let database = rusqlite::Connection::open(demo.data_dir().join("keyferry.db")).unwrap();
    let id = demo.details(&damaged).await["id"].as_str().unwrap().to_owned();
    let changed = database.execute("UPDATE fprshipments SET record = '{' WHERE id = ?1", [&id]).unwrap();
    assert_eq!(changed, 1);
    let mut browser = Browser::grace(&demo).await;
    let page = browser.get(&format!("/shipments/{id}")).await;
    assert_page(&page);
    assert!(page.status == 500 && page.text.contains("A record is damaged"), "{}", page.text);
}
