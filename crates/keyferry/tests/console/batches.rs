//! Files of orders.

use std::fmt::Write as _;
use std::time::Duration;

use keyferry_proof_support::{ADA, ALAN, ALAN_ID, GRACE};
use reqwest::Method;
use serde_json::{Value, json};

use super::browser::{Browser, Page};
use super::pages::assert_page;
use super::support::Demo;

const DEFAULTS: [(&str, &str); 4] = [
    ("default.product_id", "1"),
    ("default.inventory_product_id", "106"),
    ("default.customization_id", "CUSTID"),
    ("default.pin_length", "8"),
];

const HEADER: &str = "user_id,first name,last name,email,phone,company,street,city,state,zip,country";

fn row(user: &str) -> String {
    format!("{user},Ada,Lovelace,parcel@contoso.example,5555555555,Contoso,1 Analytical Way,Palo Alto,CA,94301,US")
}

async fn csrf(browser: &mut Browser) -> String {
    browser.get("/batches/new").await.hidden("csrf")
}

/// Uploads a file. Returns the page that follows.
pub(super) async fn upload(browser: &mut Browser, fields: &[(&str, &str)], name: &str, file: &[u8]) -> Page {
    let csrf = csrf(browser).await;
    let fields = [&[("csrf", csrf.as_str()), ("name", "Berlin")][..], &DEFAULTS, fields].concat();
    let page = browser.upload("/batches/new", &fields, name, file).await;
    browser.follow(page).await
}

/// Returns the id in the address of the page of a batch.
pub(super) fn id_of(page: &Page) -> String {
    let path = page.url.split("/console/batches/").nth(1).unwrap_or_else(|| panic!("{}: {}", page.url, page.text));
    path[..36].to_owned()
}

async fn batch(demo: &Demo, id: &str) -> Value {
    demo.get(&format!("/v1/batches/{id}")).await.body
}

pub(super) async fn until(demo: &Demo, id: &str, state: &str) -> Value {
    for _ in 0..600 {
        let found = batch(demo, id).await;
        if found["state"] == state {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{}", batch(demo, id).await)
}

pub(super) async fn act(browser: &mut Browser, id: &str, act: &str, fields: &[(&str, &str)]) -> Page {
    let path = format!("/batches/{id}/{act}");
    let form = browser.get(&path).await;
    assert_page(&form);
    let csrf = form.hidden("csrf");
    let page = browser.post(&path, &[fields, &[("csrf", &csrf)]].concat()).await;
    browser.follow(page).await
}

/// Corrects fields of a row: sends what the form contains, with these changes.
pub(super) async fn correct(browser: &mut Browser, id: &str, number: u32, changes: &[(&str, &str)]) -> Page {
    let path = format!("/batches/{id}/rows/{number}");
    let form = browser.get(&path).await;
    assert_page(&form);
    let mut fields = inputs(&form.text);
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = browser.post(&path, &fields).await;
    browser.follow(page).await
}

/// Returns names and values of the inputs and selects of the form `mend`.
fn inputs(text: &str) -> Vec<(String, String)> {
    let form = text.split("id=\"mend\"").nth(1).unwrap().split("</form>").next().unwrap();
    let attribute = |tag: &str, name: &str| {
        let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
        Some(value.replace("&#38;", "&").replace("&#39;", "'").replace("&#34;", "\"").replace("&#60;", "<"))
    };
    let mut found = Vec::new();
    for tag in form.split("<input").skip(1).filter_map(|rest| rest.split('>').next()) {
        found.push((attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap_or_default()));
    }
    for select in form.split("<select").skip(1) {
        let (tag, options) = select.split_once('>').unwrap();
        let options = options.split("</select>").next().unwrap();
        let chosen = options.split("<option").skip(1).find(|option| option.contains(" selected"));
        let chosen = chosen.or_else(|| options.split("<option").nth(1)).unwrap();
        found.push((attribute(tag, "name").unwrap(), attribute(chosen, "value").unwrap_or_default()));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_rows_with_three_bad_ones_are_mended_and_ordered() {
    let demo = Demo::with(&["--people", "400", "--seed", "3"]).await;
    let csv = demo.sandbox(Method::GET, "/control/people.csv", None).await.text;
    let people = demo.sandbox(Method::GET, "/control/people", None).await.body;
    let people = people.as_array().or_else(|| people["people"].as_array()).unwrap();
    let (header, lines) = csv.split_once('\n').unwrap();
    let ordinary = lines.lines().zip(people).filter(|(_, person)| person["kind"] == "ordinary").take(200);
    let mut rows: Vec<_> = ordinary.map(|(line, _)| line.split(',').map(str::to_owned).collect::<Vec<_>>()).collect();
    assert_eq!(rows.len(), 200);
    let columns: Vec<_> = header.trim().split(',').collect();
    let place = |name: &str| columns.iter().position(|column| column.to_lowercase().contains(name)).unwrap();
    let user = place("principal");
    let country = place("country");
    let city = place("city");
    let right = rows.clone();
    rows[10][user] = "stranger@contoso.onmicrosoft.com".to_owned();
    rows[100][city].clear();
    rows[199][country] = "Atlantis".to_owned();
    let file = rows.iter().fold(header.to_owned(), |file, row| file + "\n" + &row.join(","));

    let mut browser = Browser::grace(&demo).await;
    let page = upload(&mut browser, &[], "people.csv", file.as_bytes()).await;
    assert_page(&page);
    let id = id_of(&page);
    let checked = until(&demo, &id, "checked").await;
    let rows = &checked["rows"];
    assert_eq!((&rows["total"], &rows["invalid"], &rows["to_send"]), (&200.into(), &3.into(), &197.into()), "{rows}");
    let page = browser.get(&format!("/batches/{id}")).await;
    assert_page(&page);
    assert_eq!(page.text.matches("id=\"row-").count(), 3, "errors first: {}", page.text);
    for (number, field, value) in [
        (12, "user_id", &right[10][user]),
        (102, "city", &right[100][city]),
        (201, "country_code_2", &right[199][country]),
    ] {
        let page = correct(&mut browser, &id, number, &[(field, value)]).await;
        assert!(page.text.contains("has no errors any more"), "row {number}: {}", page.text);
    }
    let page = browser.get(&format!("/batches/{id}?show=all&after=0")).await;
    assert!(page.text.contains("Corrected by") && page.text.contains("after=51"), "{}", page.text);
    let submitted = act(&mut browser, &id, "submit", &[("confirm", "200")]).await;
    assert!(submitted.text.contains("The orders are being sent."), "{}", submitted.text);
    let paused = act(&mut browser, &id, "pause", &[("reason", "wrong day")]).await;
    if paused.status == 200 {
        until(&demo, &id, "paused").await;
        let resumed = act(&mut browser, &id, "resume", &[("reason", "right day")]).await;
        assert!(resumed.text.contains("wrong day"), "{}", resumed.text);
    }
    let done = until(&demo, &id, "finished").await;
    assert_eq!(done["rows"]["sent"], 200, "{done:#}");
    assert_eq!(demo.parcels().await.len(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_are_corrected_in_place_and_the_rest_is_ordered_once() {
    let demo = Demo::start().await;
    let mut browser = Browser::grace(&demo).await;
    let long = row(ALAN).replace("Lovelace", "Lovelace-of-the-Analytical-Engine");
    let rows = [row(ADA), row("stranger@contoso.onmicrosoft.com"), long, row(GRACE).replace("Palo Alto", "")];
    let file = format!("{HEADER}\r\n{}\r\n", rows.join("\r\n"));
    let page = upload(&mut browser, &[], "people.csv", file.as_bytes()).await;
    let id = id_of(&page);
    let checked = until(&demo, &id, "checked").await;
    assert_eq!((&checked["rows"]["to_send"], &checked["rows"]["invalid"]), (&1.into(), &3.into()), "{checked:#}");
    let page = browser.get(&format!("/batches/{id}")).await;
    assert_page(&page);
    // Errors first.
    assert!(page.text.contains("stranger@") && !page.text.contains("id=\"row-2\""), "{}", page.text);

    let form = browser.get(&format!("/batches/{id}/rows/5")).await;
    assert!(form.text.contains("`city` is missing") && form.text.contains("1 Analytical Way"), "{}", form.text);
    let still = correct(&mut browser, &id, 5, &[("city", "X"), ("postal_code", "")]).await;
    assert!(still.status == 422 && still.text.contains("still has errors"), "{}", still.text);
    let page =
        correct(&mut browser, &id, 5, &[("city", "Palo Alto"), ("postal_code", "94301"), ("user_id", ADA)]).await;
    assert!(page.text.contains("Row 2 is for the same user") || page.status == 422, "{}", page.text);
    for (number, changes) in [
        (5, &[("city", "Palo Alto"), ("postal_code", "94301"), ("user_id", GRACE)][..]),
        (3, &[("user_id", "nomail@contoso.onmicrosoft.com"), ("emails_to", "")]),
        (4, &[("recipient_lastname", "Turing")]),
    ] {
        let page = correct(&mut browser, &id, number, changes).await;
        let row = demo.get(&format!("/v1/batches/{id}/rows?cursor={}&limit=1", number - 1)).await.body;
        let is_ready = row["rows"][0]["state"] == "ready";
        assert_eq!(is_ready, page.text.contains("has no errors any more"), "{number}: {row:#}");
        assert_page(&page);
    }
    let now = batch(&demo, &id).await;
    let ready = now["rows"]["to_send"].as_u64().unwrap();
    assert!(ready >= 2, "{now:#}");

    // Another number orders nothing, and the right one orders once.
    let wrong = act(&mut browser, &id, "submit", &[("confirm", "4000")]).await;
    assert!(wrong.status == 409 && wrong.text.contains("would place"), "{}", wrong.text);
    let none = act(&mut browser, &id, "submit", &[("confirm", "")]).await;
    assert_eq!(none.status, 400, "{}", none.text);
    let form = browser.get(&format!("/batches/{id}/submit")).await;
    assert!(form.text.contains("YubiKey 5 NFC (1)") && form.text.contains(&format!("{ready} keys")), "{}", form.text);
    let number = ready.to_string();
    let fields = [("confirm", number.as_str()), ("csrf", &form.hidden("csrf"))];
    let (mut one, mut other) = (browser.clone(), browser.clone());
    let path = format!("/batches/{id}/submit");
    let (first, second) = tokio::join!(one.post(&path, &fields), other.post(&path, &fields));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    // A reload while it runs shows where it is, and needs no script.
    let page = browser.get(&format!("/batches/{id}")).await;
    assert_page(&page);
    assert!(page.text.contains("<progress ") || page.text.contains("All orders have left"), "{}", page.text);
    until(&demo, &id, "finished").await;
    assert_eq!(demo.parcels().await.len() as u64, ready);
    let result = browser.get(&format!("/batches/{id}/result.csv")).await;
    assert!(result.header("content-disposition").contains("attachment"), "{:?}", result.headers);
    assert_eq!(result.text.lines().count(), 5, "{}", result.text);
    let late = correct_late(&mut browser, &id).await;
    assert_eq!(late.status, 409, "{}", late.text);
}

async fn correct_late(browser: &mut Browser, id: &str) -> Page {
    let csrf = csrf(browser).await;
    browser.post(&format!("/batches/{id}/rows/2"), &[("csrf", &csrf), ("user_id", ADA)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_that_cannot_be_guessed_are_mapped_by_hand() {
    let demo = Demo::start().await;
    let mut browser = Browser::grace(&demo).await;
    let markup = "<b id=x>";
    let header = HEADER.replace("user_id", &format!("Who {markup}")).replace("city", "Where");
    let file = format!("{header},Nr\r\n{},7\r\n", row(ADA).replace("Contoso", markup));
    let page = upload(&mut browser, &[], "people.csv", file.as_bytes()).await;
    assert_page(&page);
    assert!(page.status == 400 && page.text.contains("What do the columns mean?"), "{}", page.text);
    assert!(page.text.contains("value=\"1\" selected") || page.text.contains("value=\"1\""), "{}", page.text);
    let who = format!("Who {markup}");
    let fields = [
        ("header.0", who.as_str()),
        ("target.0", "user_id"),
        ("header.7", "Where"),
        ("target.7", "city"),
        ("header.11", "Nr"),
        ("target.11", "row_key"),
    ];
    let page = upload(&mut browser, &fields, "people.csv", file.as_bytes()).await;
    assert_page(&page);
    let id = id_of(&page);
    let checked = until(&demo, &id, "checked").await;
    assert_eq!(checked["rows"]["total"], 1, "{checked:#}");
    let rows = demo.get(&format!("/v1/batches/{id}/rows")).await.body;
    assert_eq!(rows["rows"][0]["row_key"], "7");
    for path in ["", "/rows/2", "/submit", "/cancel"] {
        assert_page(&browser.get(&format!("/batches/{id}{path}")).await);
    }
    // The user wants to map a file that could be guessed.
    let csrf = csrf(&mut browser).await;
    let file = format!("{HEADER}\r\n{}\r\n", row(ADA));
    let fields = [&[("csrf", csrf.as_str()), ("name", "Mine")][..], &DEFAULTS].concat();
    let page = browser.upload("/batches/new?columns=by-hand", &fields, "a.csv", file.as_bytes()).await;
    assert_page(&page);
    assert!(page.text.contains("As recognised: First name") && page.text.contains("Palo Alto"), "{}", page.text);
    assert!(page.text.contains("value=\"Mine\""), "{}", page.text);
    assert_eq!(demo.get("/v1/batches").await.body["batches"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn unusable_files_store_nothing() {
    let demo = Demo::start().await;
    let mut browser = Browser::grace(&demo).await;
    for (name, file, expected) in [
        ("none.csv", Vec::new(), "Choose a file"),
        ("book.xlsx", b"PK\x03\x04rest of it".to_vec(), "an Excel workbook"),
        ("list.json", b"[{\"user_id\": 1}]".to_vec(), "JSON"),
        ("quote.csv", format!("{HEADER}\r\n\"open").into_bytes(), "uotation mark"),
        ("binary.csv", vec![0; 4096], "a binary file"),
    ] {
        let page = upload(&mut browser, &[], name, &file).await;
        assert_page(&page);
        assert!((400..500).contains(&page.status) && page.text.contains(expected), "{name}: {}", page.text);
    }
    let named = [("encoding", "klingon")];
    let page = upload(&mut browser, &named, "a.csv", format!("{HEADER}\r\n{}\r\n", row(ADA)).as_bytes()).await;
    assert!(page.status == 400 && page.text.contains("klingon"), "{}", page.text);
    // A wrong encoding: bytes that are not UTF-8 in a file that is.
    let mut file = format!("{HEADER}\r\n{}\r\n", row(ADA).replace("Ada", "Jürgen")).into_bytes();
    file.extend_from_slice(b"x,\xff\xfe\x81\r\n");
    let page = upload(&mut browser, &[], "a.csv", &file).await;
    assert!(page.status == 400 && page.text.contains("is not valid"), "{}", page.text);
    assert_eq!(demo.get("/v1/batches").await.body["batches"], json!([]));
    // A header without rows is a file without orders.
    let page = upload(&mut browser, &[], "empty.csv", format!("{HEADER}\r\n").as_bytes()).await;
    assert_page(&page);
    assert!(page.text.contains("a header and no rows"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_breaks_off_is_not_stored_and_a_large_one_is() {
    let demo = Demo::start().await;
    let mut browser = Browser::grace(&demo).await;
    let csrf = csrf(&mut browser).await;
    let head = |csrf: &str| {
        let mut head = String::new();
        for (name, value) in [("csrf", csrf), ("name", "cut")].into_iter().chain(DEFAULTS) {
            write!(head, "--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").unwrap();
        }
        head + "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n" + HEADER + "\r\n"
    };
    // The connection breaks off after whole rows, which look like a whole file.
    let body = head(&csrf) + &format!("{}\r\n", row(ADA)).repeat(2_000);
    let host = browser.console.split("//").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let cookies: Vec<_> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = format!(
        "POST /console/batches/new HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\n\
         Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 10000000\r\n\r\n{body}",
        cookies.join("; ")
    );
    let mut connection = tokio::net::TcpStream::connect(&host).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut connection, request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(connection);
    // A body that ends early without an error of the connection.
    let cut = format!("{}{}\r\n", head(&csrf), row(ADA));
    let request = browser.request(Method::POST, "/batches/new").body(cut);
    let answer = request.header("content-type", "multipart/form-data; boundary=B").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 400);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let stored = demo.get("/v1/batches").await.body;
    let states: Vec<_> = stored["batches"].as_array().unwrap().iter().map(|batch| batch["state"].clone()).collect();
    assert!(states.iter().all(|state| state == "uploading"), "{stored:#}");
    // 100 MB in few rows: the rows are too long, and the browser sees why.
    let long = format!("{HEADER}\r\n{}", "x".repeat(100 * 1024 * 1024));
    let page = upload(&mut browser, &[], "long.csv", long.as_bytes()).await;
    assert!(page.status == 400 && page.text.contains("longer than"), "{} {}", page.status, page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_users_who_may_operate_change_files() {
    let demo = Demo::start().await;
    let mut grace = Browser::grace(&demo).await;
    let file = format!("{HEADER}\r\n{}\r\n", row(ADA));
    let page = upload(&mut grace, &[], "a.csv", file.as_bytes()).await;
    let id = id_of(&page);
    until(&demo, &id, "checked").await;
    let before = batch(&demo, &id).await;

    let mut alan = Browser::signed_in(&demo, ALAN).await;
    let page = alan.get(&format!("/batches/{id}")).await;
    assert_eq!(page.status, 200, "{}", page.text);
    for hidden in ["/submit\"", "/cancel\"", "/rows/2\"", "/batches/new\""] {
        assert!(!page.text.contains(hidden), "{hidden}: {}", page.text);
    }
    let csrf = page.hidden("csrf");
    for path in ["/batches/new".to_owned(), format!("/batches/{id}/rows/2"), format!("/batches/{id}/submit")] {
        assert_eq!(alan.get(&path).await.status, 403, "{path}");
    }
    for act in ["check", "submit", "pause", "resume", "cancel", "rows/2"] {
        let fields = [("csrf", csrf.as_str()), ("confirm", "1"), ("reason", "x"), ("user_id", ADA)];
        let page = alan.post(&format!("/batches/{id}/{act}"), &fields).await;
        assert_eq!(page.status, 403, "{act}: {}", page.text);
    }
    let forged = alan.upload("/batches/new", &[("csrf", &csrf)], "a.csv", file.as_bytes()).await;
    assert_eq!(forged.status, 403);
    // Grace's browser, with the token of another session, with none, and for another site.
    for token in [csrf.as_str(), ""] {
        let page = grace.upload("/batches/new", &[("csrf", token)], "a.csv", file.as_bytes()).await;
        assert_eq!(page.status, 403, "{}", page.text);
        let page = grace.post(&format!("/batches/{id}/submit"), &[("csrf", token), ("confirm", "1")]).await;
        assert_eq!(page.status, 403);
    }
    let own = grace.get("/batches/new").await.hidden("csrf");
    let fields = [("csrf", own.as_str()), ("confirm", "1")];
    let page = grace.post_with(&format!("/batches/{id}/submit"), &fields, ("sec-fetch-site", "cross-site")).await;
    assert_eq!(page.status, 403);
    assert_eq!(batch(&demo, &id).await, before);
    for unknown in ["x", "019ac0de-0000-7000-8000-00000000000a"] {
        for rest in ["", "/rows/2", "/result.csv", "/events", "/submit", "/other"] {
            let page = grace.get(&format!("/batches/{unknown}{rest}")).await;
            assert_eq!(page.status, 404, "{unknown}{rest}");
        }
    }
}

/// For each role: each page, and each request that changes something, as no page of this user offered it.
#[tokio::test(flavor = "multi_thread")]
async fn each_role_orders_and_changes_exactly_what_it_may() {
    let demo = Demo::start().await;
    let mut grace = Browser::grace(&demo).await;
    let file = format!("{HEADER}\r\n{}\r\n", row(ADA));
    let page = upload(&mut grace, &[], "a.csv", file.as_bytes()).await;
    let id = id_of(&page);
    until(&demo, &id, "checked").await;
    let batch = format!("/batches/{id}");
    for role in ["Order", "Read", "Operate", "Pin", "Audit", "Admin"] {
        let change = json!({ "appRoles": [format!("Keyferry.{role}")] });
        demo.control(Method::PATCH, &format!("/users/{ALAN_ID}"), &change).await;
        let mut alan = Browser::signed_in(&demo, ALAN).await;
        let (orders, operates) = (role == "Order", role == "Operate");
        let reads = operates || ["Read", "Pin", "Audit"].contains(&role);
        for (path, permitted) in [
            ("/order".to_owned(), orders),
            ("/batches".to_owned(), reads),
            (batch.clone(), reads),
            (format!("{batch}/result.csv"), reads),
            (format!("{batch}/events"), reads),
            ("/batches/template.csv".to_owned(), reads),
            ("/batches/new".to_owned(), operates),
            (format!("{batch}/rows/2"), operates),
            (format!("{batch}/submit"), operates),
            (format!("{batch}/cancel"), operates),
        ] {
            let page = alan.get(&path).await;
            assert_eq!(page.status, if permitted { 200 } else { 403 }, "{role} {path}");
        }
        let csrf = alan.get("/no/such/page").await.hidden("csrf");
        // Nothing that is permitted changes anything here: the fields do not suffice.
        let fields = [("csrf", csrf.as_str()), ("key", "k"), ("step", "check"), ("confirm", "0"), ("reason", " ")];
        for (path, permitted) in [
            ("/order".to_owned(), orders),
            (format!("{batch}/submit"), operates),
            (format!("{batch}/pause"), operates),
            (format!("{batch}/resume"), operates),
            (format!("{batch}/cancel"), operates),
        ] {
            let page = alan.post(&path, &fields).await;
            assert_eq!(page.status == 403, !permitted, "{role} {path}: {}", page.status);
        }
        let page = alan.post(&format!("{batch}/rows/2"), &[("csrf", &csrf), ("user_id", ADA)]).await;
        assert_eq!(page.status == 403, !operates, "{role}: {}", page.status);
        let page = alan.upload("/batches/new", &[("csrf", &csrf)], "a.csv", b"").await;
        assert_eq!(page.status == 403, !operates, "{role}: {}", page.status);
    }
    assert!(demo.parcels().await.is_empty());
    assert_eq!(demo.get("/v1/batches").await.body["batches"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_hears_of_changes_until_the_session_ends() {
    let demo = Demo::start().await;
    let mut browser = Browser::grace(&demo).await;
    let file = format!("{HEADER}\r\n{}\r\n{}\r\n", row(ADA), row(ALAN));
    let page = upload(&mut browser, &[], "a.csv", file.as_bytes()).await;
    let id = id_of(&page);
    until(&demo, &id, "checked").await;
    // Nothing happens by itself: the stream says so and ends.
    let quiet = browser.get(&format!("/batches/{id}/events")).await;
    assert_eq!(quiet.header("content-type"), "text/event-stream");
    assert!(quiet.text.contains("event: end") && !quiet.text.contains("contoso"), "{}", quiet.text);
    demo.fault(&json!({ "endpoint": "delivery.order", "kind": "delay", "delay_ms": 60_000 })).await;
    act(&mut browser, &id, "submit", &[("confirm", "2")]).await;
    let page = browser.get(&format!("/batches/{id}")).await;
    assert!(page.text.contains("http-equiv=\"refresh\"") && page.text.contains("/events\""), "{}", page.text);
    let mut stream = browser.request(Method::GET, &format!("/batches/{id}/events")).send().await.unwrap();
    let first = tokio::time::timeout(Duration::from_secs(20), stream.chunk()).await.unwrap().unwrap().unwrap();
    assert!(String::from_utf8_lossy(&first).contains("event: changed"), "{first:?}");
    // The user signs out: the stream ends, within a look.
    let csrf = page.hidden("csrf");
    browser.post("/sign-out", &[("csrf", &csrf)]).await;
    let rest = async { while stream.chunk().await.ok().flatten().is_some() {} };
    tokio::time::timeout(Duration::from_secs(10), rest).await.unwrap();
}
