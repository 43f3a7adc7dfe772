//! All events: who did what, files for auditors, and events that were changed.

use keyferry_proof_support::{ADA, ALAN, GRACE, GRACE_ID, order_for};
use reqwest::Method;
use serde_json::{Value, json};

use super::browser::{Browser, Page};
use super::pages::assert_page;
use super::support::Demo;

const MARKUP: &str = "<script>alert(1)</script>\"'><img src=x>";

/// Opens the page when the chain was verified.
async fn verified(browser: &mut Browser, path: &str) -> Page {
    for _ in 0..60 {
        let page = browser.get(path).await;
        assert_page(&page);
        if !page.text.contains("The chain is being verified") {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    panic!("the verification does not end")
}

async fn cancel(browser: &mut Browser, shipment: &str, reason: &str) {
    let path = format!("/shipments/{shipment}/cancel");
    let csrf = browser.get(&path).await.hidden("csrf");
    let answer = browser.post(&path, &[("csrf", &csrf), ("reason", reason)]).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn auditor_finds_who_did_what_and_exports_it() {
    let demo = Demo::start().await;
    let name = json!({ "displayName": MARKUP });
    demo.control(Method::PATCH, &format!("/users/{GRACE_ID}"), &name).await;
    let (cancelled, other) = (demo.order(ADA).await, demo.order(ALAN).await);
    let mut browser = Browser::grace(&demo).await;
    cancel(&mut browser, &cancelled, &format!("=cmd|' /C calc'!A0 {MARKUP}")).await;

    let page = verified(&mut browser, "/audit").await;
    assert!(page.text.contains("The chain is intact: ") && page.text.contains("Export as CSV"), "{}", page.text);
    let rows: Vec<_> = page.text.split("<tbody").nth(1).unwrap().split("<tr role=\"row\">").skip(1).collect();
    let own = rows.iter().find(|row| row.contains(GRACE)).unwrap_or_else(|| panic!("{rows:#?}"));
    assert!(own.contains("&#60;script&#62;alert(1)") && own.contains(ADA) && own.contains("calc"), "{own}");
    assert!(rows.iter().all(|row| row.contains(">Intact<")), "{rows:#?}");
    assert!(page.text.contains("events do not contain it"), "{}", page.text);

    // Conditions.
    let of_grace = browser.get("/audit?actor=GRACE.hopper").await;
    assert!(of_grace.text.contains(ADA) && !of_grace.text.contains(ALAN), "{}", of_grace.text);
    let other_id = demo.details(&other).await["id"].as_str().unwrap().to_owned();
    for id in [&other, &other_id] {
        let page = browser.get(&format!("/audit?shipment={id}")).await;
        assert!(page.text.contains(ALAN) && !page.text.contains(ADA), "{}", page.text);
    }
    for (query, count) in [
        ("kind=cancel_requested", 1),
        ("kind=accepted", 2),
        ("from=2000-01-01&kind=accepted", 2),
        ("to=2000-01-01", 0),
        ("from=2100-01-01", 0),
        ("actor=nobody-of-this-name", 0),
        ("shipment=unknown", 0),
    ] {
        let page = browser.get(&format!("/audit?{query}")).await;
        assert_page(&page);
        let found = page.text.matches("data-label=\"Who\"").count();
        assert_eq!(found, count, "{query}: {}", page.text);
    }
    let short = browser.get("/audit?actor=&kind=accepted&kind=completed&from=").await;
    assert_eq!(short.header("location"), "/console/audit?kind=accepted%2Ccompleted");
    let query: String = url::form_urlencoded::byte_serialize(MARKUP.as_bytes()).collect();
    for wrong in [format!("kind={query}"), "from=tomorrow".into(), "before=-1".into(), format!("{query}=1")] {
        let page = browser.get(&format!("/audit?{wrong}")).await;
        assert_page(&page);
        assert!(page.status == 400 && !page.text.contains(ADA), "{wrong}: {}", page.text);
        assert_eq!(browser.get(&format!("/audit.csv?{wrong}")).await.status, 303, "{wrong}");
    }

    // Files: each event once, the newest first; a spreadsheet does not calculate what came from outside.
    let csv = browser.get("/audit.csv").await;
    assert!(csv.header("content-disposition").contains("events.csv"));
    assert!(!csv.text.contains("\n=") && !csv.text.contains(",=") && !csv.text.contains("\"="), "{}", csv.text);
    let lines = browser.get("/audit.jsonl").await;
    let lines: Vec<Value> = lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let api = demo.get("/v1/events?limit=500").await.body["events"].as_array().unwrap().len();
    assert_eq!(lines.len(), api);
    let own = lines.iter().find(|line| line["kind"] == "cancel_requested").unwrap();
    assert_eq!((own["actor"].as_str(), own["human_id"].as_str()), (Some("caller"), Some(GRACE_ID)), "{own}");
    assert!(lines.windows(2).all(|two| two[0]["at"].as_str() >= two[1]["at"].as_str()), "{lines:?}");
    assert_eq!((own["human_name"].as_str(), own["user"].as_str()), (Some(MARKUP), Some(ADA)), "{own}");
    assert!(own["detail"].as_str().unwrap().contains(MARKUP), "{own}");
    browser.language = "de";
    let page = verified(&mut browser, "/audit?kind=accepted").await;
    assert!(
        page.text.contains("Die Kette ist unversehrt") && page.text.contains("<html lang=\"de\">"),
        "{}",
        page.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_one_another_without_gaps() {
    let demo = Demo::start().await;
    for user in [ADA, ALAN, GRACE, "nomanager@contoso.onmicrosoft.com"] {
        for _ in 0..5 {
            let mut order = order_for(user);
            order["additional"] = json!(true);
            let answer = demo.post("/v1/orders", &order).await;
            assert!(answer.status.is_success(), "{}", answer.body);
        }
    }
    demo.until("all events", async || {
        demo.get("/v1/events?limit=500").await.body["events"].as_array().unwrap().len() >= 60
    })
    .await;
    let mut browser = Browser::grace(&demo).await;
    let (mut path, mut seen) = ("/audit".to_owned(), 0);
    for _ in 0..10 {
        let page = browser.get(&path).await;
        assert_page(&page);
        seen += page.text.matches("data-label=\"Who\"").count();
        let Some(next) = page.text.split("rel=\"next\" href=\"").nth(1) else { break };
        path = next.split('"').next().unwrap().trim_start_matches("/console").to_owned();
    }
    let all = demo.get("/v1/events?limit=500").await.body["events"].as_array().unwrap().len();
    assert_eq!((seen, path.contains("before=")), (all, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_event_is_shown_and_an_auditor_verifies_the_export() {
    let demo = Demo::start().await;
    demo.order(ADA).await;
    let mut browser = Browser::grace(&demo).await;
    let page = verified(&mut browser, "/audit").await;
    let head = page.text.split("class=\"hash\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let key = page.text.split("class=\"hash\">").nth(2).unwrap().split('<').next().unwrap().to_owned();
    assert!(head.split_once(':').is_some_and(|(_, hash)| hash.len() == 64), "{head}");

    // The independent script of the reference page accepts the exported chain, with the key that the page names.
    let export = browser.get("/audit/chain.jsonl").await;
    assert!(export.header("content-disposition").contains("event-chain.jsonl"));
    let file = demo.data_dir().with_file_name("chain.jsonl");
    std::fs::write(&file, &export.text).unwrap();
    if let Some(mut script) = keyferry_outsiders::python("../docs/reference/verify_events.py") {
        let output = script.arg(&file).arg(&key).output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{shown}{}", String::from_utf8_lossy(&output.stderr));
    }

    let database = rusqlite::Connection::open(demo.data_dir().join("keyferry.db")).unwrap();
    let change = "UPDATE events SET event = replace(event, '\"detail\":\"', '\"detail\":\"forged ') WHERE seq = 2";
    assert_eq!(database.execute(change, []).unwrap(), 1);
    let page = browser.get("/audit").await;
    assert_page(&page);
    assert!(page.text.contains("An event on this page was changed outside of Keyferry."), "{}", page.text);
    let csrf = page.hidden("csrf");
    // A result of the last seconds is not repeated.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    let answer = browser.post("/audit/verify", &[("csrf", &csrf)]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/console/audit#chain"));
    let page = verified(&mut browser, "/audit").await;
    assert!(page.text.contains("Events were changed outside of Keyferry:"), "{}", page.text);
    assert!(
        page.text.contains("its content was changed") && !page.text.contains("The chain is intact"),
        "{}",
        page.text
    );
}
