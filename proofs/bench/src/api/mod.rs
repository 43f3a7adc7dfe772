//! Requests per second and latency of the API, against bare handlers with the same token check.
//!
//! Both servers and the generator of load are processes of one machine. The servers take turns.

mod bare;
mod load;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use keyferry_proof_support::{ADA, Client, Process, Sandbox, order_for};
use serde_json::json;

pub(crate) use self::bare::serve;
pub(crate) use self::load::load;
use self::load::{Measured, NUMBER};
use crate::connector::Connector;
use crate::usage::Usage;

const CONNECTIONS: [usize; 2] = [1, 16];
const ROUNDS: usize = 3;
const SECONDS: u64 = 3;

/// Operation: its name, and the request without its token.
struct Operation {
    name: &'static str,
    text: &'static str,
    method: &'static str,
    path: String,
    body: String,
}

/// Measures, and prints a table.
pub(crate) async fn run(program: &str) {
    let sandbox = Sandbox::start(program);
    let unlimited = ["KEYFERRY_ORDERS_PER_CALLER", "KEYFERRY_ORDERS_PER_PERSON"].map(|name| (name, "unlimited".into()));
    // Queued orders wait: one call to Graph in ten seconds.
    let connector = Connector::with(program, &sandbox.base, 1, &unlimited).await;
    let shipment = connector.client.order(ADA).await;
    crate::pages::fill(&connector.database());
    let operations = operations(&shipment);
    let mut bodies = serde_json::Map::new();
    for Operation { name, method, path, body, .. } in &operations {
        let request = connector.client.request(method.parse().unwrap(), path).body(body.clone());
        let answer = request.header("content-type", "application/json").send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{name}: {status}: {text}");
        bodies.insert((*name).to_owned(), text.into());
    }
    let (bare, address) = bare_server(&sandbox.base, &json!(bodies).to_string());
    let api = connector.client.api.strip_prefix("http://").unwrap();
    let servers = [("bare", address.as_str(), bare.0.id()), ("keyferry", api, connector.pid())];

    println!("100,000 shipments, {ROUNDS} rounds of {SECONDS} s each\n");
    println!(
        "| operation | connections | bare: requests per second | median, ms | p99, ms | CPU, µs \
         | keyferry: requests per second | median, ms | p99, ms | CPU, µs | CPU, ratio |"
    );
    println!("|{}", " --- |".repeat(11));
    for operation in &operations {
        let request = bytes(operation, &connector.client);
        for connections in CONNECTIONS {
            let mut rounds = [const { Vec::new() }; 2];
            for _ in 0..ROUNDS {
                for ((_, address, pid), rounds) in servers.iter().zip(&mut rounds) {
                    rounds.push(round(address, *pid, connections, &request));
                }
            }
            let [bare, keyferry] = rounds.map(median);
            println!(
                "| {} | {connections} | {} | {} | {:.1} |",
                operation.text,
                shown(&bare),
                shown(&keyferry),
                keyferry.1 / bare.1
            );
        }
    }
}

fn operations(shipment: &str) -> [Operation; 3] {
    let operation = |name, text, method, path, body| Operation { name, text, method, path, body };
    let order = order_for(&format!("user{NUMBER}@contoso.onmicrosoft.com")).to_string();
    [
        operation("status", "status of a shipment", "GET", format!("/v1/fpr/shipments/{shipment}"), String::new()),
        operation("list", "page of 50 shipments", "GET", "/v1/shipments?limit=50".to_owned(), String::new()),
        operation("order", "order accepted", "POST", "/v1/orders".to_owned(), order),
    ]
}

fn bytes(operation: &Operation, client: &Client) -> Vec<u8> {
    let Operation { method, path, body, .. } = operation;
    let content = match body.len() {
        0 => String::new(),
        length => format!("content-type: application/json\r\ncontent-length: {length}\r\n"),
    };
    let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n", client.token);
    format!("{head}{content}\r\n{body}").into_bytes()
}

/// Starts the server of the bare handlers, and returns its address.
fn bare_server(base: &str, bodies: &str) -> (Process, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let mut child = command.args(["bare", base]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.as_ref().unwrap(), "{bodies}").unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Process(child), line.trim().to_owned())
}

/// Puts load on a server, and returns what the generator measured and the server's processor time per request, in
/// microseconds.
fn round(address: &str, pid: u32, connections: usize, request: &[u8]) -> (Measured, f64) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["load", address, &connections.to_string(), &SECONDS.to_string()]);
    let before = Usage::of(pid);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(request).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the generator of load failed");
    let cpu = Usage::of(pid).since(before).cpu;
    let measured = Measured::read(&String::from_utf8(output.stdout).unwrap());
    // What the server has left to do must not slow the next round.
    std::thread::sleep(Duration::from_millis(200));
    let each = cpu.as_secs_f64() * 1e6 / measured.count;
    (measured, each)
}

/// Returns the round with the median of requests per second.
fn median(mut rounds: Vec<(Measured, f64)>) -> (Measured, f64) {
    rounds.sort_by(|a, b| a.0.speed.total_cmp(&b.0.speed));
    rounds.swap_remove(ROUNDS / 2)
}

fn shown((measured, cpu): &(Measured, f64)) -> String {
    format!("{:.0} | {:.2} | {:.2} | {cpu:.0}", measured.speed, measured.median, measured.high)
}
