//! `keyferry audit`: records of the tenant's audit log together with the shipment's history (guide 7.1.5).

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod support;

use std::process::{Command, Output};

use keyferry_proof_support::{ADA, ALAN, GRAPH};
use reqwest::Method;
use serde_json::{Value, json};
use support::{Connector, KEYFERRY, usual};

fn audit(connector: &Connector, arguments: &[&str]) -> Output {
    let mut command = Command::new(KEYFERRY);
    command.arg("audit").args(arguments).env_clear().envs(usual(&connector.sandbox.base, connector.dir.path()));
    command.output().unwrap()
}

#[tokio::test]
async fn merges_audit_log_and_history() {
    let connector = Connector::start().await;
    let auditor = connector.dir.path().join("token");
    std::fs::write(&auditor, connector.token_of(keyferry_proof_support::AUDITOR, GRAPH).await).unwrap();
    let token = ["--graph-token-file", auditor.to_str().unwrap()];
    let shipment = connector.order(ADA).await;
    connector.order(ALAN).await;
    connector.parcel_to(&shipment, 103).await;
    // One registration that Graph refuses.
    connector.control(Method::PUT, "/policy", &json!({ "isSelfServiceRegistrationAllowed": false })).await;
    connector.process().await;
    connector.control(Method::PUT, "/policy", &json!({ "isSelfServiceRegistrationAllowed": true })).await;
    connector.process_until(&shipment, "its end", |details| details["shipment_state"] == "complete").await;

    let id = connector.details(&shipment).await["id"].as_str().unwrap().to_owned();
    for named in [shipment.as_str(), id.as_str()] {
        let output = audit(&connector, &[&[named, "--json"], &token[..]].concat());
        assert!(output.status.success(), "{output:?}");
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&printed["shipment"], &printed["phase"]), (&json!(id), &json!("complete")));
        let entries = printed["entries"].as_array().unwrap();
        let of = |source: &str, words: &str| {
            let mut found =
                entries.iter().filter(|one| one["source"] == source && one["what"].as_str().unwrap().contains(words));
            found.next().unwrap_or_else(|| panic!("{source} has no entry with {words}: {entries:#?}")).clone()
        };
        let asked = of("audit-log", "Get passkey creation options: success");
        assert_eq!(asked["in_both"], true, "{asked}");
        let refused = of("audit-log", "failure: The policy does not allow self-service");
        assert_eq!(refused["in_both"], true, "{refused}");
        let registered = of("audit-log", "registered security info: success");
        assert_eq!(
            (&registered["in_both"], &registered["by"]),
            (&json!(true), &json!("0c0ffee0-0000-4000-8000-000000000001"))
        );
        of("history", "about to be ordered");
        let times: Vec<_> = entries.iter().map(|entry| entry["at"].as_str().unwrap()[..19].to_owned()).collect();
        assert!(times.is_sorted(), "{times:?}");
        assert!(!printed.to_string().contains("alan.turing"), "records of another user are not shown");
    }
    let text = String::from_utf8(audit(&connector, &[&[shipment.as_str()], &token[..]].concat()).stdout).unwrap();
    assert!(text.starts_with(&format!("shipment {id} for {ADA}: complete\n")), "{text}");
    assert!(text.lines().any(|line| line.contains("Entra   = Get passkey creation options: success")), "{text}");
}

#[tokio::test]
async fn reports_unknown_shipment_and_missing_permission() {
    let connector = Connector::start().await;
    let shipment = connector.order(ADA).await;
    let refused = |arguments: &[&str]| {
        let output = audit(&connector, arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&["0196f0a0-0000-7000-8000-00000000000a"]).contains("not found"));
    let error = refused(&[&shipment]);
    assert!(error.contains("AuditLog.Read.All") && error.contains("--graph-token-file"), "{error}");
    assert!(refused(&[&shipment, "--graph-token-file", "/nonexistent"]).contains("could not read /nonexistent"));
}
