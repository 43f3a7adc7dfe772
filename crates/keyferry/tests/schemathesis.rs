//! Checks the API against its own OpenAPI document with Schemathesis: no response outside of `/openapi.json`, and no
//! 5xx.
//!
//! Longer run:
//!
//! ```sh
//! KEYFERRY_SCHEMATHESIS_EXAMPLES=1000 KEYFERRY_SCHEMATHESIS_SEED=7 cargo test -p keyferry --test schemathesis
//! ```

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod support;

use keyferry_outsiders::{artifacts, folder, tool};
use keyferry_proof_support::{ADA, ALAN, GRACE};
use serde_json::json;
use support::Connector;

fn from_environment(name: &str, otherwise: &str) -> String {
    std::env::vars().find(|(one, _)| one == name).map_or_else(|| otherwise.to_owned(), |(_, value)| value)
}

#[tokio::test]
async fn responses_conform_to_openapi_document() {
    let Some(mut schemathesis) = tool("schemathesis") else { return };
    let connector = Connector::start().await;
    // One shipment each: complete, with an obstacle, just ordered.
    let shipments = [connector.complete_order(ADA).await, connector.order(ALAN).await, connector.order(GRACE).await];
    connector.parcel_to(&shipments[1], 7).await;
    connector.process().await;
    let (orders, mails) = (connector.calls("delivery.order").await, connector.mails().await.len());

    let files = folder().join("api");
    let report = artifacts().join("schemathesis.xml");
    let output = schemathesis
        // Schemathesis writes caches into its working directory.
        .current_dir(connector.dir.path())
        .env("KEYFERRY_HOOKS", files.join("hooks.py"))
        .env("KEYFERRY_SHIPMENTS", json!(shipments).to_string())
        .arg("--config-file")
        .arg(files.join("schemathesis.toml"))
        .args(["run", &format!("{}/openapi.json", connector.api), "--checks", "all"])
        .args(["-H", &format!("Authorization: Bearer {}", connector.token)])
        .args(["--max-examples", &from_environment("KEYFERRY_SCHEMATHESIS_EXAMPLES", "15")])
        .args(["--seed", &from_environment("KEYFERRY_SCHEMATHESIS_SEED", "1")])
        .args(["--continue-on-failure", "--generation-database", "none", "--no-color"])
        .args(["--report", "junit", "--report-junit-path"])
        .arg(report)
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(stdout.contains("55 selected / 55 total"), "{stdout}");

    // Requests had an effect: orders were placed, also those that other requests cancelled, and PINs were sent again.
    let more = (connector.calls("delivery.order").await - orders, connector.mails().await.len() - mails);
    assert!(more.0 > 10 && more.1 > 0, "{more:?}\n{stdout}");
    let log = connector.log();
    assert!(!log.contains(r#""level":"ERROR""#) && !log.contains("panicked"), "{log}");
}
