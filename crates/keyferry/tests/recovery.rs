//! Real processes and real files: an acceptance that cannot be recorded, and a database restored from a backup.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "outside of the program, with their own clock and HTTP client")]

mod support;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use keyferry_proof_support::{ADA, ADA_ID, ALAN, order_for};
use reqwest::StatusCode;
use serde_json::json;
use support::{Connector, KEYFERRY, usual};

/// Makes every acceptance fail in the database, as a damaged index does.
const FAIL: &str = "CREATE TRIGGER broken BEFORE UPDATE ON fprshipments WHEN NEW.phase = 'accepted'
                    BEGIN SELECT RAISE(ABORT, 'page 17 is damaged'); END";

fn keyferry(args: &[&str], base: &str, dir: &Path) -> Output {
    Command::new(KEYFERRY).args(args).env_clear().envs(usual(base, dir)).output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn one_order_that_cannot_be_recorded_is_the_last_one() {
    let connector = Connector::start().await;
    connector.database().execute_batch(FAIL).unwrap();
    let first = connector.create(&order_for(ADA)).await;
    assert_eq!((first.status, &first.body["error_data"]["order_may_exist"]), (StatusCode::BAD_GATEWAY, &json!(true)));
    for _ in 0..30 {
        let refused = connector.create(&order_for(ALAN)).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text);
        assert!(refused.text.contains("Nothing was ordered"), "{}", refused.text);
    }
    assert_eq!(connector.parcels().await.len(), 1, "one parcel, not 31");
    let unready = reqwest::get(format!("{}/readyz", connector.probes)).await.unwrap();
    assert_eq!(unready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let delivery_id = first.body["error_data"]["delivery_shipment_id"].as_str().unwrap().to_owned();
    assert!(unready.text().await.unwrap().contains(&delivery_id));

    connector.database().execute_batch("DROP TRIGGER broken").unwrap();
    let shipment = first.body["error_data"]["shipment_id"].as_str().unwrap().to_owned();
    let recorded = async || connector.details(&shipment).await["shipment_id"] == json!(delivery_id);
    connector.until("the order is recorded", recorded).await;
    let ready = async || reqwest::get(format!("{}/readyz", connector.probes)).await.unwrap().status() == StatusCode::OK;
    connector.until("it is ready again", ready).await;
    connector.order(ALAN).await;
}

#[tokio::test]
async fn kill_before_the_record_leaves_the_order_in_the_journal() {
    let mut connector = Connector::start().await;
    connector.database().execute_batch(FAIL).unwrap();
    let lost = connector.create(&order_for(ADA)).await;
    assert_eq!(lost.status, StatusCode::BAD_GATEWAY, "{}", lost.text);
    connector.process.0.kill().unwrap();
    connector.process.0.wait().unwrap();
    connector.database().execute_batch("DROP TRIGGER broken").unwrap();

    let connector = Connector::at(connector.sandbox.clone(), connector.dir.clone(), &[]).await;
    let shipment = lost.body["error_data"]["delivery_shipment_id"].as_str().unwrap();
    connector.complete(shipment).await;
    assert_eq!((connector.parcels().await.len(), connector.methods(ADA_ID).await.len()), (1, 1));
}

#[tokio::test]
async fn restored_backup_orders_nothing_and_sends_no_pin_again() {
    let mut connector = Connector::start().await;
    let (sandbox, dir) = (connector.sandbox.clone(), connector.dir.clone());
    let complete = connector.order(ADA).await;
    connector.database().execute("VACUUM INTO ?1", [dir.path().join("backup.db").to_str().unwrap()]).unwrap();
    let lost = connector.create_once("order-2", &order_for(ALAN)).await;
    assert_eq!(lost.status, StatusCode::CREATED, "{}", lost.text);
    connector.complete(&complete).await;
    assert_eq!((connector.parcels().await.len(), connector.mails().await.len()), (2, 1));
    assert!(connector.process.stop());

    let data = dir.path().join("data");
    for file in ["keyferry.db", "keyferry.db-wal", "keyferry.db-shm"] {
        drop(std::fs::remove_file(data.join(file)));
    }
    std::fs::copy(dir.path().join("backup.db"), data.join("keyferry.db")).unwrap();
    let refused = keyferry(&["serve", "--api-port", "0", "--probe-port", "0"], &sandbox.base, dir.path());
    let words = text(&refused);
    assert!(!refused.status.success() && words.contains("older than the journal"), "{words}");
    let lost_id = lost.body["data"]["shipment_id"].as_str().unwrap();
    assert!(words.contains(lost_id) && words.contains("keyferry reconcile"), "{words}");

    let doctor = text(&keyferry(&["doctor"], &sandbox.base, dir.path()));
    let differences =
        "1 accepted order has no record; 0 unconfirmed orders have no record; 1 record is behind a sent PIN";
    assert!(doctor.contains(differences), "{doctor}");
    let shown = keyferry(&["reconcile", "--journal"], &sandbox.base, dir.path());
    let words = text(&shown);
    assert_eq!(shown.status.code(), Some(1), "{words}");
    assert!(words.contains(lost_id) && words.contains("missing") && words.contains("behind"), "{words}");
    let confirmed = keyferry(&["reconcile", "--confirm"], &sandbox.base, dir.path());
    assert!(confirmed.status.success(), "{}", text(&confirmed));

    let connector = Connector::at(sandbox, dir, &[]).await;
    let again = connector.create_once("order-2", &order_for(ALAN)).await;
    assert_eq!(again.status, StatusCode::BAD_GATEWAY, "{}", again.text);
    assert!(again.text.contains(lost_id) && again.text.contains("restored"), "{}", again.text);
    connector.process_until(&complete, "complete", |details| details["phase"] == "complete").await;
    assert_eq!(
        (connector.parcels().await.len(), connector.mails().await.len()),
        (2, 1),
        "no second parcel, no second PIN"
    );
}

#[tokio::test]
async fn journal_on_another_disk_notices_an_empty_data_directory() {
    let journals = Arc::new(tempfile::tempdir().unwrap());
    let file = journals.path().join("keyferry.journal");
    let journal = [("KEYFERRY_JOURNAL_FILE", file.to_str().unwrap())];
    let mut connector = Connector::with(&journal).await;
    connector.order(ADA).await;
    let (sandbox, dir) = (connector.sandbox.clone(), connector.dir.clone());
    assert!(connector.process.stop());
    std::fs::remove_dir_all(dir.path().join("data")).unwrap();
    let refused = Command::new(KEYFERRY)
        .args(["serve", "--api-port", "0", "--probe-port", "0"])
        .env_clear()
        .envs(usual(&sandbox.base, dir.path()))
        .envs(journal)
        .output()
        .unwrap();
    assert!(!refused.status.success() && text(&refused).contains("older than the journal"), "{}", text(&refused));
}

#[tokio::test]
async fn key_file_without_database_needs_a_confirmation() {
    let keys = tempfile::tempdir().unwrap();
    let file = keys.path().join("keyferry.key");
    let key = [("KEYFERRY_KEY_FILE", file.to_str().unwrap())];
    let mut connector = Connector::with(&key).await;
    let (sandbox, dir) = (connector.sandbox.clone(), connector.dir.clone());
    assert!(connector.process.stop());
    // As if the volume of the data directory was not mounted.
    std::fs::remove_dir_all(dir.path().join("data")).unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(KEYFERRY);
        command.args(args).env_clear().envs(usual(&sandbox.base, dir.path())).envs(key).output().unwrap()
    };
    for _ in 0..2 {
        let refused = run(&["serve", "--api-port", "0", "--probe-port", "0"]);
        assert!(!refused.status.success() && text(&refused).contains("there is no database"), "{}", text(&refused));
    }
    assert!(run(&["reconcile", "--confirm"]).status.success());
    Connector::at(sandbox.clone(), dir.clone(), &key).await.order(ADA).await;
}

#[tokio::test]
async fn killed_process_leaves_no_claims_to_wait_for() {
    let mut connector = Connector::start().await;
    let shipment = connector.order(ADA).await;
    connector.parcel_to(&shipment, 103).await;
    let until = "2999-01-01T00:00:00.000000Z";
    connector.process.0.kill().unwrap();
    connector.process.0.wait().unwrap();
    // Valid for another minute by any clock.
    let soon = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '+60 seconds')";
    let database = connector.database();
    database
        .execute_batch(&format!(
            "UPDATE fprshipments SET claim_holder = 'dead', claim_until = {soon};
             INSERT OR REPLACE INTO leases (name, holder, held_until) VALUES ('schedules', 'dead', '{until}')"
        ))
        .unwrap();
    drop(database);
    let connector = Connector::at(connector.sandbox.clone(), connector.dir.clone(), &[]).await;
    connector.process().await;
    assert_eq!(connector.status(&shipment).await["shipment_state"], "complete");
    assert!(connector.log().contains("voided claims and leases of a process"), "{}", connector.log());
}
