//! Clients that keep connections, send slowly or never read, against the program.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "the tests run outside of the program, with their own clocks and HTTP clients"
)]

mod support;

use std::net::{IpAddr, SocketAddr};
use std::process::Command;
use std::time::{Duration, Instant};

use keyferry_proof_support::{Process, Sandbox};
use reqwest::StatusCode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;
use support::{Connector, KEYFERRY, usual};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

const US: [u8; 4] = [127, 0, 0, 1];
const OTHER: [u8; 4] = [127, 0, 0, 2];

/// Longest time for a response to others.
const SOON: Duration = Duration::from_secs(1);

/// More responses than fit into the buffers between the program and a client, to requests that need no token.
fn many_requests() -> String {
    "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100)
}

async fn send(connector: &Connector, from: [u8; 4], request: &str) -> TcpStream {
    let api: SocketAddr = connector.api.strip_prefix("http://").unwrap().parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    let mut stream = socket.connect(api).await.unwrap();
    // Fails if the program has closed the connection already.
    drop(stream.write_all(request.as_bytes()).await);
    stream
}

/// Asks once with a new connection. Returns the status, or `None` if the connection was closed or there is no response
/// after a second.
async fn ask(connector: &Connector, from: [u8; 4], path: &str) -> Option<StatusCode> {
    let client = reqwest::Client::builder().local_address(IpAddr::from(from)).timeout(SOON).build().unwrap();
    Some(client.get(path).bearer_auth(&connector.token).send().await.ok()?.status())
}

async fn ready(connector: &Connector) -> (StatusCode, String) {
    let answer = reqwest::get(format!("{}/readyz", connector.probes)).await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

async fn metric(connector: &Connector, name: &str) -> u64 {
    let page = reqwest::get(format!("{}/metrics", connector.probes)).await.unwrap().text().await.unwrap();
    let line = page.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} is not in\n{page}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn lines(connector: &Connector, message: &str) -> Vec<Value> {
    let log = connector.log();
    let parsed = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    parsed.filter(|line| line["fields"]["message"] == message).collect()
}

fn allow_many_sockets() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}

const TOO_MANY: &str = "a client address has too many open connections: refusing further ones";

/// One address opens more connections than the program serves, asks on each and never reads. The connections stay.
#[tokio::test]
async fn silent_clients_of_one_address_do_not_stop_the_api() {
    allow_many_sockets();
    let connector = Connector::start().await;
    let status = format!("{}/v1/status", connector.api);
    let requests = many_requests();
    let mut silent = Vec::new();
    for _ in 0..1030 {
        silent.push(send(&connector, US, &requests).await);
    }
    assert_eq!(ask(&connector, OTHER, &status).await, Some(StatusCode::OK));
    assert_eq!(ask(&connector, US, &format!("{}/livez", connector.probes)).await, Some(StatusCode::OK));
    let (code, body) = ready(&connector).await;
    assert_eq!(code, StatusCode::OK, "{body}");
    assert!(body.contains("\nclient-saturated: "), "{body}");
    assert_eq!(ask(&connector, US, &status).await, None);
    let said = lines(&connector, TOO_MANY);
    assert_eq!(said.len(), 1);
    assert_eq!((&said[0]["level"], &said[0]["fields"]["client"]), (&"WARN".into(), &"127.0.0.1".into()));
    let refused = r#"keyferry_connections_dropped_total{reason="address_limit",server="api"}"#;
    assert!(metric(&connector, refused).await >= 1030 - 256);
    assert!(metric(&connector, r#"keyferry_connections_open{server="api"}"#).await >= 256);

    // The clients still do not read. The program ends their connections.
    let over = async || lines(&connector, "no client address has too many open connections any more").len() == 1;
    connector.until("the address is below its limit", over).await;
    connector.until("the address is served", async || ask(&connector, US, &status).await.is_some()).await;
    assert_eq!(ready(&connector).await, (StatusCode::OK, "ok".into()));
    let ended = r#"keyferry_connections_dropped_total{reason="response_timeout",server="api"}"#;
    connector.until("the connections have ended", async || metric(&connector, ended).await >= 250).await;
}

/// All connections are in use: this is in the log, in readiness and in the metrics until it is over.
#[tokio::test]
async fn full_server_is_reported_until_connections_end() {
    let settings = [("KEYFERRY_MAX_CONNECTIONS", "16"), ("KEYFERRY_MAX_CONNECTIONS_PER_ADDRESS", "16")];
    let connector = Connector::with(&settings).await;
    assert_eq!(ready(&connector).await, (StatusCode::OK, "ok".into()));
    let requests = many_requests();
    let mut silent = Vec::new();
    for _ in 0..16 {
        silent.push(send(&connector, US, &requests).await);
    }
    let begin = Instant::now();
    let mut waiting = send(&connector, OTHER, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    connector.until("it is not ready", async || ready(&connector).await.0 != StatusCode::OK).await;
    let (code, body) = ready(&connector).await;
    assert_eq!(code, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.starts_with("not ready\nsaturated: All connections to the API are in use"), "{body}");
    assert_eq!(ask(&connector, US, &format!("{}/livez", connector.probes)).await, Some(StatusCode::OK));
    let mut response = String::new();
    waiting.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 404"), "{response}");
    assert!(begin.elapsed() < Duration::from_secs(45), "{:?}", begin.elapsed());
    connector.until("it is ready again", async || ready(&connector).await == (StatusCode::OK, "ok".into())).await;
    assert_eq!(lines(&connector, "all connections are in use: new ones wait").len(), 1);
    assert_eq!(lines(&connector, "connections are available again").len(), 1);
}

#[tokio::test]
async fn slow_body_is_rejected() {
    let connector = Connector::start().await;
    let head = format!(
        "POST /v1/fpr/shipments HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 1000\r\n\r\n",
        connector.token
    );
    let begin = Instant::now();
    let (mut read, mut write) = send(&connector, US, &head).await.into_split();
    let writing = tokio::spawn(async move {
        while write.write_all(b" ").await.is_ok() {
            tokio::time::sleep(SOON).await
        }
    });
    let mut response = vec![0; 2000];
    let length = read.read(&mut response).await.unwrap();
    let response = String::from_utf8_lossy(&response[..length]);
    assert!(response.starts_with("HTTP/1.1 400") && response.contains("did not arrive within 30 s"), "{response}");
    assert!(begin.elapsed() < Duration::from_secs(40), "{:?}", begin.elapsed());
    drop(read);
    writing.await.unwrap();
}

/// A request with a path of 60 KB, and many requests without token.
#[tokio::test]
async fn rejected_callers_do_not_fill_the_log() {
    const MANY: u64 = 1000;
    let connector = Connector::start().await;
    let path = format!("/v1/fpr/shipments/{}", "x".repeat(60_000));
    let mut stream = send(&connector, US, &format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    let mut response = vec![0; 100];
    assert!(stream.read(&mut response).await.unwrap() > 0);
    assert!(response.starts_with(b"HTTP/1.1 401"));
    let log = connector.log();
    let line = log.lines().find(|line| line.contains("rejected caller")).unwrap();
    assert!(line.len() < 600 && line.contains("/v1/fpr/shipments/xxx"), "{} bytes", line.len());

    let before = connector.log().len();
    let http = reqwest::Client::new();
    for _ in 0..MANY {
        let status = http.get(format!("{}/v1/status", connector.api)).send().await.unwrap().status();
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    let number = || {
        let omitted = lines(&connector, "rejected more callers than are logged one by one");
        let omitted: u64 = omitted.iter().map(|line| line["fields"]["omitted"].as_u64().unwrap()).sum();
        omitted + u64::try_from(lines(&connector, "rejected caller").len()).unwrap()
    };
    connector.until("every request is counted", async || number() == MANY + 1).await;
    let grown = connector.log().len() - before;
    assert!(grown < 50_000, "{grown} bytes");
}

/// A soft limit of open files is raised. With a low hard limit, the program accepts fewer connections.
#[tokio::test]
async fn limit_of_open_files_is_raised_or_respected() {
    let sandbox = Sandbox::start(KEYFERRY);
    let root = reqwest::get(format!("{}/control/attestation-root.pem", sandbox.base)).await.unwrap();
    let root = root.text().await.unwrap();
    // 1024 connections, 128 of the probes and 256 other files.
    for (limit, open_files, connections) in [("-Sn", "1408", None), ("-n", "300", Some(150))] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("root.pem"), &root).unwrap();
        let log = dir.path().join("log");
        let serve = format!("ulimit {limit} 300 && exec \"$0\" serve --api-port 0 --probe-port 0");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &serve, KEYFERRY]).env_clear().envs(usual(&sandbox.base, dir.path()));
        let process = Process(command.stdout(std::fs::File::create(&log).unwrap()).spawn().unwrap());
        let fields = |message: &str| -> Option<Value> {
            let log = std::fs::read_to_string(&log).unwrap();
            let fields = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["fields"].clone());
            fields.into_iter().find(|fields| fields["message"] == message)
        };
        let begin = Instant::now();
        while fields("keyferry is ready").is_none() {
            assert!(begin.elapsed() < Duration::from_secs(30), "{}", std::fs::read_to_string(&log).unwrap());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", process.0.id())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        assert_eq!(line.split_whitespace().nth(3), Some(open_files), "{line}");
        let fewer = "the limit of open files is too low for KEYFERRY_MAX_CONNECTIONS: accepting fewer connections";
        assert_eq!(fields(fewer).map(|fields| fields["connections"].as_u64().unwrap()), connections);
    }
}
