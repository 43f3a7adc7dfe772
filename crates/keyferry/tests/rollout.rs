//! A roll-out from a spreadsheet: an HR export with bad rows, repetitions and disabled people goes from the upload to
//! complete keys, with the sandbox's faults and rate limits on. Meanwhile the batch is paused, and the connector is
//! killed. The delivery service's books then have one key for each person.
//!
//! `KEYFERRY_ROLLOUT_PEOPLE=20000 cargo test --release -p keyferry --test rollout -- --nocapture` is the long form.
//! `KEYFERRY_ROLLOUT_SEED` chooses other people, and `KEYFERRY_ROLLOUT_RATE` is the number of calls that the sandbox
//! permits in ten seconds.

#![allow(missing_docs, clippy::print_stdout, reason = "a test that prints its progress")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![allow(clippy::disallowed_methods, reason = "the test runs outside of the program, with its own clock")]

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keyferry_proof_support::{AUDIENCE, Sandbox, TEST_CLIENT};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Connector, KEYFERRY};

/// Kinds of people for whom a check finds an error.
const NOT_ORDERED: [&str; 2] = ["disabled", "at_limit"];

/// Returns whether the key is complete without an operator: its PIN goes to the manager by mail.
fn has_addressee(row: &Value, without_mail: &BTreeSet<&str>) -> bool {
    row["kind"] != "no_manager" && row["manager"].as_str().is_some_and(|manager| !without_mail.contains(manager))
}

struct Rollout {
    connector: Connector,
    settings: Vec<(&'static str, &'static str)>,
    begun: Instant,
    /// When the access token was requested, which is valid for an hour.
    signed_in: Instant,
}

impl Rollout {
    /// Requests an access token if the last one is older than ten minutes.
    async fn stay_signed_in(&mut self) {
        if self.signed_in.elapsed() > Duration::from_mins(10) {
            let token = self.connector.token_of(TEST_CLIENT, AUDIENCE).await;
            self.connector.set_token(token);
            self.signed_in = Instant::now();
        }
    }

    fn say(&self, text: &str) {
        println!("{:>7.1} s  {text}", self.begun.elapsed().as_secs_f64());
    }

    /// Kills the connector and starts it again.
    async fn kill_and_restart(self) -> Self {
        let Self { mut connector, settings, begun, .. } = self;
        connector.process.0.kill().unwrap();
        connector.process.0.wait().unwrap();
        let (sandbox, dir) = (connector.sandbox.clone(), connector.dir.clone());
        drop(connector);
        let connector = Connector::at(sandbox, dir, &settings).await;
        Self { connector, settings, begun, signed_in: Instant::now() }
    }

    async fn batch(&self, path: &str) -> Value {
        let answer = self.connector.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    }

    async fn act(&self, path: &str, act: &str, body: &Value) -> Value {
        let answer = self.connector.post(&format!("{path}/{act}"), body).await;
        assert!(answer.status.is_success(), "{act}: {}", answer.body);
        answer.body
    }

    /// Waits until the batch fulfils the condition.
    async fn until(&mut self, path: &str, what: &str, longest: Duration, holds: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        let mut shown = Instant::now();
        loop {
            self.stay_signed_in().await;
            let batch = self.batch(path).await;
            if holds(&batch) {
                self.say(&format!("{what}: {}", batch["rows"]));
                return batch;
            }
            if shown.elapsed() > Duration::from_secs(30) {
                self.say(&format!("{} {} {}", batch["state"], batch["rows"], batch["progress"]));
                shown = Instant::now();
            }
            assert!(start.elapsed() < longest, "timed out waiting for {what}: {batch:#}\n{}", self.connector.log());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Returns a number from the environment of the long form.
fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spreadsheet_becomes_one_key_for_each_person() {
    let people = number("KEYFERRY_ROLLOUT_PEOPLE", 120);
    let (bad, duplicates) = ((people / 20).max(7), (people / 40).max(3));
    let longest = Duration::from_secs(120 + people as u64);
    let seed = number("KEYFERRY_ROLLOUT_SEED", 1).to_string();
    let sandbox = Arc::new(Sandbox::with(KEYFERRY, &["--people", &people.to_string(), "--seed", &seed]));
    let rate = number("KEYFERRY_ROLLOUT_RATE", 400);
    // Above the limit, which the connector has to find.
    let pace: &'static str = Box::leak((rate * 5 / 4).to_string().into_boxed_str());
    let settings = vec![
        ("KEYFERRY_ONE_OPEN_ORDER_PER_USER", "true"),
        ("KEYFERRY_GRAPH_REQUESTS_PER_10_SECONDS", pace),
        ("KEYFERRY_ORDERS_PER_PERSON", ""),
    ];
    let connector = Connector::at(sandbox, Arc::new(tempfile::tempdir().unwrap()), &settings).await;
    let mut rollout = Rollout { connector, settings, begun: Instant::now(), signed_in: Instant::now() };
    let world = &rollout.connector;

    // The limits of the outside.
    let rate = json!({"requests": rate, "seconds": 10});
    let rates = json!({"graph_rate": rate, "delivery_rate": rate});
    world.control(Method::PUT, "/settings", &rates).await;
    world.control(Method::PUT, "/inventory/18", &json!({"quantity": 2 * people})).await;
    let query = format!("rows={people}&bad={bad}&duplicates={duplicates}&separator=semicolon");
    let file = world.sandbox(Method::GET, &format!("/control/people.csv?{query}"), None).await.text;
    let truth = world.sandbox(Method::GET, &format!("/control/people?{query}"), None).await.body;
    let truth = truth["rows"].as_array().unwrap_or_else(|| truth.as_array().unwrap()).clone();
    assert_eq!(truth.len(), people + duplicates);

    let mapping = json!({
        "defaults": {"product_id": 1, "inventory_product_id": 18, "customization_id": "CUSTID", "pin_length": 8}
    });
    let request = world.request(Method::POST, "/v1/batches").query(&[("name", "roll-out")]);
    let request = request.query(&[("mapping", mapping.to_string())]).header("content-type", "text/csv").body(file);
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let stored: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(status, StatusCode::CREATED, "{stored:#}");
    let path = format!("/v1/batches/{}", stored["id"].as_str().unwrap());
    rollout.say(&format!("uploaded: {}", stored["rows"]));

    // Killed while it checks.
    rollout.act(&path, "check", &json!({})).await;
    let third = (people / 3) as u64;
    rollout.until(&path, "a third is checked", longest, |batch| batch["rows"]["checked"].as_u64() >= Some(third)).await;
    rollout = rollout.kill_and_restart().await;
    let checked = rollout.until(&path, "checked", longest, |batch| batch["state"] == "checked").await;

    // What the check found is what is wrong.
    let expected: BTreeSet<u64> = (2..)
        .zip(&truth)
        .filter(|(_, row)| {
            let kind = row["kind"].as_str().unwrap_or_default();
            !row["defect"].is_null() || !row["duplicate_of"].is_null() || NOT_ORDERED.contains(&kind)
        })
        .map(|(number, _)| number)
        .collect();
    let (mut found, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = rollout.batch(&format!("{path}/rows?findings=true&limit=500{cursor}")).await;
        for row in page["rows"].as_array().unwrap() {
            let findings = row["findings"].as_array().unwrap();
            if findings.iter().any(|finding| finding["severity"] == "error") {
                found.insert(row["row"].as_u64().unwrap());
            }
        }
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let about = |numbers: Vec<&u64>| {
        let of = |number: &u64| truth[usize::try_from(*number).unwrap() - 2].clone();
        numbers.into_iter().map(|number| format!("row {number}: {}", of(number))).collect::<Vec<_>>()
    };
    assert_eq!(about(expected.difference(&found).collect()), [] as [String; 0], "not found");
    let more = about(found.difference(&expected).collect());
    assert_eq!(more, [] as [String; 0], "found too much");
    let to_send = checked["rows"]["to_send"].as_u64().unwrap();
    assert_eq!(to_send, (truth.len() - expected.len()) as u64);

    // Faults on the way. Calls that check would otherwise be reported as not checked.
    for fault in [
        json!({"endpoint": "graph.*", "kind": "fail_before", "probability": 0.01, "seed": 1}),
        json!({"endpoint": "graph.register", "kind": "fail_after", "probability": 0.01, "seed": 2}),
        json!({"endpoint": "delivery.*", "kind": "fail_before", "probability": 0.01, "seed": 3}),
        json!({"endpoint": "token", "kind": "fail_before", "probability": 0.01, "seed": 4}),
    ] {
        rollout.connector.fault(&fault).await;
    }

    // Paused and killed on the way.
    rollout.act(&path, "submit", &json!({"confirm": to_send})).await;
    let some = |share: u64| move |batch: &Value| batch["rows"]["sent"].as_u64() >= Some(to_send * share / 10);
    rollout.until(&path, "a fifth is sent", longest, some(2)).await;
    rollout.act(&path, "pause", &json!({"reason": "wait for the new stock"})).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let paused = rollout.batch(&path).await["rows"]["sent"].clone();
    rollout = rollout.kill_and_restart().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let still = rollout.batch(&path).await;
    assert_eq!((&still["state"], &still["rows"]["sent"]), (&json!("paused"), &paused));
    rollout.act(&path, "resume", &json!({"reason": "the stock has arrived"})).await;
    rollout.until(&path, "half is sent", longest, some(5)).await;
    rollout = rollout.kill_and_restart().await;
    let batch_id = stored["id"].as_str().unwrap();
    let start = Instant::now();
    // Orders that were being sent at a kill are unconfirmed after five minutes: an operator adopts or abandons them.
    let interrupted = loop {
        rollout.stay_signed_in().await;
        let interrupted = in_phase(&rollout, batch_id, "submitting").await;
        let batch = rollout.batch(&path).await;
        if batch["rows"]["queued"] == to_send && batch["rows"]["waiting"] == interrupted {
            rollout.say(&format!("sent, {interrupted} interrupted: {}", batch["rows"]));
            break interrupted;
        }
        assert!(start.elapsed() < longest, "{batch:#}\n{}", rollout.connector.log());
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    let summary = rollout.connector.sandbox(Method::GET, "/control/parcels/summary", None).await.body;
    let parcels = summary["parcels"].as_u64().unwrap();
    let unconfirmed = in_phase(&rollout, batch_id, "unconfirmed").await + interrupted;
    assert!(parcels <= to_send && parcels + unconfirmed >= to_send, "{summary:#}, unconfirmed: {unconfirmed}");
    assert_eq!(summary["recipients"]["with_several"], 0, "{summary:#}");

    // The keys arrive.
    let moved = json!({"from": 3, "until": 103});
    rollout.connector.control(Method::POST, "/parcels/advance", &moved).await;
    let without_mail = truth.iter().filter(|row| row["kind"] == "no_mail").filter_map(|row| row["user_id"].as_str());
    let without_mail: BTreeSet<_> = without_mail.collect();
    let complete = (2..)
        .zip(&truth)
        .filter(|(number, row)| !expected.contains(number) && has_addressee(row, &without_mail))
        .count() as u64;
    let (start, mut shown) = (Instant::now(), Instant::now());
    loop {
        rollout.stay_signed_in().await;
        rollout.connector.process().await;
        let batch = rollout.batch(&path).await;
        let done = batch["rows"]["complete"].as_u64().unwrap();
        // The short form does not wait for interrupted orders.
        let is_settled = batch["state"] == "finished" || (interrupted > 0 && people < 1_000);
        if done + unconfirmed >= complete && is_settled {
            rollout.say(&format!("complete: {}", batch["rows"]));
            break;
        }
        if shown.elapsed() > Duration::from_secs(10) {
            rollout.say(&format!("{}", batch["rows"]));
            shown = Instant::now();
        }
        assert!(start.elapsed() < longest, "{complete} expected, {unconfirmed} unconfirmed: {batch:#}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let summary = rollout.connector.sandbox(Method::GET, "/control/parcels/summary", None).await.body;
    assert_eq!((&summary["people"]["with_several"], &summary["recipients"]["with_several"]), (&json!(0), &json!(0)));
    let result = rollout.connector.get(&format!("{path}/result")).await;
    assert_eq!(result.text.lines().count(), truth.len() + 1, "a line for each row, and the header");
    rollout.say(&format!("the delivery service's books: {}", summary["people"]));
    let throttling = rollout.connector.sandbox(Method::GET, "/control/throttling", None).await.body;
    rollout.say(&format!("throttling: {throttling}"));
}

async fn in_phase(rollout: &Rollout, batch: &str, phase: &str) -> u64 {
    let counts = rollout.batch(&format!("/v1/shipments/counts?batch={batch}&phase={phase}")).await;
    counts["total"].as_u64().unwrap()
}
