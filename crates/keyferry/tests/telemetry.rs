//! Telemetry of the program (log lines, metrics page, OTLP), read with third-party programs.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "the tests run outside of the program, with their own clocks and HTTP clients"
)]

mod support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use keyferry_outsiders::{Background, ask, python};
use keyferry_proof_support::{ADA, ALAN, order_for};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::Connector;

/// Words of the guide's search (7.1.6), which is case-insensitive.
const WORDS: [&str; 3] = ["warn", "error", "fail"];

fn lines(log: &str) -> Vec<(&str, Value)> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("not JSON: {line}: {error}"));
    log.lines().map(|line| (line, parse(line))).collect()
}

/// A complete order, a resent PIN, a clean-up and a run without work: no line matches the search for problems.
#[tokio::test]
async fn healthy_run_does_not_match_guide_search() {
    for level in ["INFO", "DEBUG"] {
        let settings = [("LOGGING_LEVEL_COM_YUBICO", level), ("CRON_DATA_CLEANUP_SCHEDULE", "* * * * * *")];
        let mut connector = Connector::with(&settings).await;
        let shipment = connector.complete_order(ADA).await;
        assert_eq!(
            connector.get(&format!("/v1/operations/resend-pin/{shipment}")).await.status,
            StatusCode::NO_CONTENT
        );
        connector.process().await;
        connector.until("a clean-up", async || connector.log().contains("clean-up finished")).await;
        assert!(connector.process.stop());
        let log = connector.log();
        let lines = lines(&log);
        assert!(lines.len() > 8, "{log}");
        for (line, parsed) in &lines {
            let level = parsed["level"].as_str().unwrap();
            assert!(level != "WARN" && level != "ERROR", "{line}");
            assert!(!WORDS.iter().any(|word| line.to_lowercase().contains(word)), "{line}");
            // Names of fields, texts and modules avoid the words, so nothing is escaped.
            assert!(!line.contains("\\u00"), "{line}");
        }
    }
}

/// A user-supplied name does not match the search, and a problem does.
#[tokio::test]
async fn guide_search_matches_problems_but_not_names() {
    let connector = Connector::with(&[("LOGGING_LEVEL_COM_YUBICO", "DEBUG")]).await;
    // A request with an invalid token is logged with its path, which the caller chooses.
    let path = format!("{}/v1/fpr/shipments/Mr.Warner-did-not-FAIL-error", connector.api);
    assert_eq!(
        connector.http.get(path).bearer_auth("nonsense").send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
    let log = connector.log();
    let entries = lines(&log);
    let (line, parsed) = entries.iter().find(|(_, parsed)| parsed.to_string().contains("Mr.Warner")).unwrap();
    assert_eq!(parsed["fields"]["path"], "/v1/fpr/shipments/Mr.Warner-did-not-FAIL-error");
    assert_eq!(parsed["level"], "INFO");
    assert!(!WORDS.iter().any(|word| line.to_lowercase().contains(word)), "{line}");

    connector.fault(&json!({ "endpoint": "delivery.status", "kind": "fail_before", "status": 500, "times": 1 })).await;
    connector.order(ALAN).await;
    connector.process().await;
    let log = connector.log();
    let trouble: Vec<_> = lines(&log).into_iter().filter(|(_, parsed)| parsed["level"] != "INFO").collect();
    let trouble: Vec<_> = trouble.into_iter().filter(|(_, parsed)| parsed["level"] != "DEBUG").collect();
    assert!(!trouble.is_empty(), "{log}");
    assert!(trouble.iter().all(|(line, _)| line.contains("WARN") || line.contains("ERROR")));
}

fn collector() -> Option<Background> {
    Some(keyferry_outsiders::start(python("telemetry/collector.py")?))
}

async fn seen(endpoint: &str) -> Value {
    reqwest::get(format!("{endpoint}/seen")).await.unwrap().json().await.unwrap()
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const KEY: &str = "c0llector-canary-Kz7qVt4n";

#[tokio::test]
async fn collector_receives_traces_and_metrics() {
    let Some(collector) = collector() else { return };
    let endpoint = collector.ready["endpoint"].as_str().unwrap().to_owned();
    let headers = format!("x-api-key={KEY}");
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", &headers),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_SERVICE_NAME", "keys-of-contoso"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"),
        ("LOGGING_LEVEL_COM_YUBICO", "TRACE"),
    ];
    let mut connector = Connector::with(&settings).await;
    let request = connector
        .request(Method::POST, "/v1/fpr/shipments")
        .header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01"));
    let answer: Value = request.json(&order_for(ADA)).send().await.unwrap().json().await.unwrap();
    let shipment = answer["data"]["shipment_id"].as_str().unwrap().to_owned();
    connector.parcel_to(&shipment, 103).await;
    connector.complete(&shipment).await;
    let id = connector.details(&shipment).await["id"].as_str().unwrap().to_owned();
    let key = connector.details(&shipment).await["keys"][0]["serial_number"].as_str().unwrap().to_owned();
    let pin = connector.sandbox(Method::GET, &format!("/control/keys/{key}?reveal=pin"), None).await.body;
    // Remaining data is exported at shutdown.
    assert!(connector.process.stop());
    let seen = seen(&endpoint).await;
    for resource in seen["resources"].as_array().unwrap() {
        assert_eq!(resource["service.name"], "keys-of-contoso");
        assert_eq!(resource["deployment.environment.name"], "test");
    }
    for header in seen["headers"].as_array().unwrap() {
        assert_eq!(header["x-api-key"], KEY);
    }
    let spans = seen["spans"].as_array().unwrap();
    let span = |name: &str| {
        let names: BTreeSet<_> = spans.iter().map(|span| span["name"].to_string()).collect();
        spans.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("{name} is not in {names:#?}"))
    };
    let request = span("POST /v1/fpr/shipments");
    assert_eq!((&request["trace"], &request["parent"]), (&json!(TRACE), &json!("b7ad6b7169203331")));
    assert_eq!((&request["kind"], &request["attributes"]["http.response.status_code"]), (&json!(2), &json!(201)));
    let order = span("delivery_service order");
    assert_eq!(
        (&order["trace"], &order["parent"]),
        (&json!(TRACE), &request["id"]),
        "the calls of an order belong to its trace"
    );
    assert_eq!(order["kind"], 3);
    assert_eq!(order["attributes"]["outcome"], "success");
    assert_eq!(order["attributes"]["client_request_id"].as_str().unwrap().len(), 36);
    assert_eq!(span("run")["attributes"]["kind"], "All");
    assert_eq!(span("shipment")["attributes"]["shipment"], id.as_str());
    assert_eq!(span("shipment")["trace"], span("run")["trace"]);
    for call in ["token_endpoint acquire_token", "identity_provider register", "pin_delivery deliver_pin"] {
        assert!(span(call)["nanoseconds"].as_u64().unwrap() > 0);
    }
    assert!(spans.iter().all(|span| span["events"] == 0), "spans have no events; those are logged");

    let names: BTreeSet<_> =
        seen["metrics"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    for name in ["keyferry.orders", "keyferry.run.duration", "keyferry.outgoing.calls", "keyferry.shipments"] {
        assert!(names.contains(name), "{name} is not in {names:?}");
    }

    let raw = reqwest::get(format!("{endpoint}/raw")).await.unwrap().bytes().await.unwrap();
    let holds = |text: &str| raw.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(&id), "the search below must be able to find text");
    let (pin, token) = (pin["pin"].as_str().unwrap(), connector.token.as_str());
    for secret in [
        "sandbox-connector-secret",
        "sandbox-delivery-token",
        "sandbox-logic-app-signature",
        token,
        pin,
        KEY,
        "lovelace",
        "Lovelace",
        "Ada",
    ] {
        assert!(!holds(secret), "{secret}");
    }
    assert!(!connector.log().contains(KEY), "{}", connector.log());
}

#[tokio::test]
async fn unreachable_collector_is_logged_once_and_does_no_harm() {
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=c0llector-canary"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
    ];
    let mut connector = Connector::with(&settings).await;
    connector.complete_order(ADA).await;
    let warnings = |log: &str, signal: &str| {
        let of = |line: &Value| line["level"] == "WARN" && line["fields"]["signal"] == signal;
        lines(log).iter().filter(|(_, line)| of(line)).count()
    };
    connector
        .until("both warnings", async || ["traces", "metrics"].iter().all(|it| warnings(&connector.log(), it) > 0))
        .await;
    connector.complete_order(ALAN).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begin = Instant::now();
    assert!(connector.process.stop());
    assert!(begin.elapsed() < Duration::from_secs(20), "shutdown must not wait long for the collector");
    let log = connector.log();
    assert_eq!((warnings(&log, "traces"), warnings(&log, "metrics")), (1, 1), "{log}");
    assert!(!log.contains("canary"), "{log}");
}

#[tokio::test]
async fn invalid_otlp_settings_are_logged_and_service_runs() {
    let connector = Connector::with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example?key=canary"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ])
    .await;
    let log = connector.log();
    assert_eq!(log.matches("OTEL_EXPORTER_OTLP_PROTOCOL").count(), 2, "{log}");
    assert!(!log.contains("canary"), "{log}");
    assert_eq!(connector.get("/v1/status").await.status, StatusCode::OK);
}

/// Prometheus reads what `docs/reference/metrics.md` documents.
#[tokio::test]
async fn metrics_page_matches_reference() {
    let connector = Connector::with(&[("CRON_PROCESS_SHIPMENT_SCHEDULE", "* * * * * *")]).await;
    let shipment = connector.complete_order(ADA).await;
    assert_eq!(connector.get(&format!("/v1/operations/resend-pin/{shipment}")).await.status, StatusCode::NO_CONTENT);
    let key =
        |name: &str| connector.request(Method::POST, "/v1/fpr/shipments").header("idempotency-key", name.to_owned());
    for _ in 0..2 {
        assert!(key("once").json(&order_for(ALAN)).send().await.unwrap().status().is_success());
    }
    connector.process().await;
    let page = async || reqwest::get(format!("{}/metrics", connector.probes)).await.unwrap();
    connector
        .until("a run that finds it", async || page().await.text().await.unwrap().contains("phase=\"accepted\"} 1"))
        .await;
    let answer = page().await;
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4");
    let page = answer.text().await.unwrap();
    assert!(!page.contains("lovelace") && !page.contains(&shipment), "{page}");
    let Some(reader) = python("telemetry/page.py") else { return };
    let read = ask(reader, &json!({ "page": page }));
    assert_eq!(read["problems"], json!([]), "{page}");
    let families = read["families"].as_object().unwrap();
    let value = |family: &str, wanted: &[(&str, &str)]| {
        let samples = families[family]["samples"].as_array().unwrap();
        let fits = |sample: &&Value| wanted.iter().all(|(label, value)| sample["labels"][label] == *value);
        samples.iter().find(fits).unwrap_or_else(|| panic!("{family} {wanted:?} is not in\n{page}"))["value"]
            .as_f64()
            .unwrap()
    };
    assert_eq!(value("keyferry_orders", &[("outcome", "accepted")]), 2.0);
    assert_eq!(value("keyferry_idempotent_replays", &[]), 1.0);
    assert_eq!(value("keyferry_registrations", &[]), 1.0);
    assert_eq!(value("keyferry_pins_delivered", &[("way", "logic_app")]), 2.0);
    assert_eq!(value("keyferry_pin_resends", &[("outcome", "sent")]), 1.0);
    assert_eq!(value("keyferry_shipments", &[("phase", "accepted"), ("obstacle", "none")]), 1.0);
    assert_eq!(value("keyferry_shipments", &[("phase", "fulfilled"), ("obstacle", "final")]), 0.0);
    assert_eq!(
        value(
            "keyferry_outgoing_calls",
            &[("party", "delivery_service"), ("operation", "order"), ("outcome", "success")]
        ),
        2.0
    );
    assert!(value("keyferry_run_last_success_timestamp_seconds", &[]) > 1.7e9);
    assert_eq!(value("keyferry_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), 1.0);

    let reference =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/metrics.md")).unwrap();
    for (name, family) in families {
        // The parser removes the suffix `_total`.
        let name = if family["type"] == "counter" { format!("{name}_total") } else { name.clone() };
        let row = format!("| `{name}` | {} |", family["type"].as_str().unwrap());
        assert!(reference.contains(&row), "{row} is not in the reference");
        for label in
            family["samples"].as_array().unwrap().iter().flat_map(|it| it["labels"].as_object().unwrap().keys())
        {
            let row = reference.lines().find(|line| line.starts_with(&row)).unwrap();
            assert!(label == "le" || row.contains(&format!("`{label}`")), "{label} of {name} is not in the reference");
        }
    }
}
