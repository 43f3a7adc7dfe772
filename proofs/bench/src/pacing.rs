//! Used part of the rate that an outside party permits, and the part of the calls that it answers 429.
//!
//! The figures are from the books of the sandbox. A batch that is larger than the time allows keeps the connector busy:
//! a check for calls to Graph, sending for calls to the delivery service. No other limit is on at that time.

use std::time::{Duration, Instant};

use keyferry_proof_support::{Client, Sandbox};
use reqwest::Method;
use serde_json::{Value, json};

use crate::connector::Connector;

const PEOPLE: usize = 3000;
/// Time in which the pace adapts. It is printed on its own line.
const WARM_UP: Duration = Duration::from_secs(20);
const MEASURED: Duration = Duration::from_secs(60);
/// Graph's permitted calls in 10 seconds. A processor that is slow enough for a debug build permits them as well.
const GRAPH: u32 = 60;
/// Configured pace of calls to the delivery service, calls in 10 seconds. It is not a setting.
const DELIVERY: u32 = 500;

/// Runs all cases, or the named ones.
pub(crate) async fn run(program: &str, only: &[&str]) {
    let wanted = |name| only.is_empty() || only.contains(&name);
    println!("permitted and configured: calls in 10 seconds. used: admitted part of the permitted calls.\n");
    println!("party     processes  configured  permitted  phase      admitted   used    429    share of each process");
    for times in [1, 2, 10] {
        if wanted("graph") || only.contains(&format!("graph-{times}x").as_str()) {
            graph(program, times, 1).await;
        }
    }
    if wanted("delivery") {
        for times in [10, 20] {
            delivery(program, times).await;
        }
    }
    if wanted("shared") {
        graph(program, 1, 2).await;
        graph(program, 10, 2).await;
    }
}

async fn graph(program: &str, times: u32, processes: usize) {
    let sandbox = sandbox(program);
    let configured = GRAPH * times;
    let batches = batches(program, &sandbox, configured, processes).await;
    let rate = json!({"graph_rate": {"requests": GRAPH, "seconds": 10}});
    set(&batches[0].connector.client, &rate).await;
    for batch in &batches {
        batch.act("check", &json!({})).await;
    }
    let row = format!("graph     {processes:9}  {configured:10}  {GRAPH:9}");
    measure(&row, "graph", GRAPH, &batches, "checked").await;
}

async fn delivery(program: &str, times: u32) {
    let sandbox = sandbox(program);
    let permitted = DELIVERY / times;
    let batches = batches(program, &sandbox, 0, 1).await;
    let [batch] = batches.as_slice() else { return };
    batch.act("check", &json!({})).await;
    let checked = loop {
        let shown = batch.show().await;
        if shown["state"] == "checked" {
            break shown;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    set(&batch.connector.client, &json!({"delivery_rate": {"requests": permitted, "seconds": 10}})).await;
    batch.act("submit", &json!({"confirm": checked["rows"]["to_send"]})).await;
    let row = format!("delivery  {:9}  {DELIVERY:10}  {permitted:9}", 1);
    measure(&row, "delivery", permitted, &batches, "sent").await;
}

/// Measures two phases: the time in which the pace adapts, and the time after it.
async fn measure(row: &str, party: &str, permitted: u32, batches: &[Batch], counted: &str) {
    let client = &batches[0].connector.client;
    for (phase, time) in [("adapting", WARM_UP), ("adapted", MEASURED)] {
        // The counts restart at the first call, so that no time without work is measured.
        client.control(Method::DELETE, "/throttling", &Value::Null).await;
        let (before, start) = (progress(batches, counted).await, Instant::now());
        tokio::time::sleep(time).await;
        let books = client.sandbox(Method::GET, "/control/throttling", None).await.body;
        let seconds = start.elapsed().as_secs_f64();
        let after = progress(batches, counted).await;
        let [admitted, throttled] = ["admitted", "throttled"].map(|name| books[party][name].as_f64().unwrap());
        let used = admitted / (f64::from(permitted) / 10.0 * seconds) * 100.0;
        let refused = throttled / (admitted + throttled).max(1.0) * 100.0;
        let done: Vec<f64> = before.iter().zip(&after).map(|(before, after)| after - before).collect();
        let all = done.iter().sum::<f64>().max(1.0);
        let shares: Vec<_> = done.iter().map(|done| format!("{:.0} %", done / all * 100.0)).collect();
        println!("{row}  {phase:9}  {admitted:8}  {used:4.0} %  {refused:4.2} %  {}", shares.join(" + "));
    }
}

/// Returns the number of rows that each process has worked off.
async fn progress(batches: &[Batch], counted: &str) -> Vec<f64> {
    let mut progress = Vec::new();
    for batch in batches {
        progress.push(batch.show().await["rows"][counted].as_f64().unwrap());
    }
    progress
}

struct Batch {
    connector: Connector,
    path: String,
}

impl Batch {
    async fn act(&self, act: &str, body: &Value) {
        let answer = self.connector.client.post(&format!("{}/{act}", self.path), body).await;
        assert!(answer.status.is_success(), "{act}: {}", answer.body);
    }

    async fn show(&self) -> Value {
        self.connector.client.get(&self.path).await.body
    }
}

fn sandbox(program: &str) -> Sandbox {
    Sandbox::with(program, &["--people", &PEOPLE.to_string(), "--seed", "1"])
}

/// Starts connectors, and stores a batch of all people in each.
async fn batches(program: &str, sandbox: &Sandbox, graph_requests: u32, processes: usize) -> Vec<Batch> {
    let people = reqwest::get(format!("{}/control/people.csv?separator=semicolon", sandbox.base)).await.unwrap();
    let people = people.text().await.unwrap();
    let mapping = json!({
        "defaults": {"product_id": 1, "inventory_product_id": 18, "customization_id": "CUSTID", "pin_length": 8}
    });
    let mut batches = Vec::new();
    for _ in 0..processes {
        let connector = Connector::start(program, &sandbox.base, graph_requests).await;
        let request = connector.client.request(Method::POST, "/v1/batches").query(&[("name", "pacing")]);
        let request = request.query(&[("mapping", mapping.to_string())]).header("content-type", "text/csv");
        let stored = request.body(people.clone()).send().await.unwrap().text().await.unwrap();
        let stored: Value = serde_json::from_str(&stored).unwrap();
        let id = stored["id"].as_str().unwrap_or_else(|| panic!("the batch was not stored: {stored}"));
        let path = format!("/v1/batches/{id}");
        batches.push(Batch { connector, path });
    }
    batches
}

async fn set(client: &Client, settings: &Value) {
    client.control(Method::PUT, "/settings", settings).await;
}
