//! `keyferry audit verify` and `keyferry audit export` with the event chain in Table Storage.

use std::process::Output;

use keyferry_proof_support::{ADA, ALAN};
use serde_json::{Value, json};

use super::place::Place;

async fn run(place: &Place, arguments: &[&str]) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let mut command = place.command(arguments, &[], dir.path()).await;
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Returns the value of a line of `audit verify`.
fn line(verified: &str, name: &str) -> String {
    verified.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned()
}

/// Two replicas write. The settings are in the environment of the commands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chain_is_verified_exported_and_manipulation_found() {
    let Some(place) = Place::new().await else { return };
    let first = place.connector(&[]).await;
    let mut second = place.connector(&[]).await;
    let shipment = first.order(ADA).await;
    second.order(ALAN).await;
    first.complete(&shipment).await;
    let running = run(&place, &["audit", "verify"]).await;
    assert!(running.status.success(), "{running:?}");
    let (newest, kid) = (line(&text(&running), "newest"), line(&text(&running), "signing key"));
    let newest = newest.split(' ').next().unwrap().to_owned();

    // One replica is killed, and the other one continues the chain.
    second.process.0.kill().unwrap();
    second.process.0.wait().unwrap();
    first.order(ALAN).await;
    let verified = run(&place, &["audit", "verify", "--expect", &newest]).await;
    assert!(verified.status.success(), "{verified:?}");

    let exported = run(&place, &["audit", "export"]).await;
    assert!(exported.status.success(), "{exported:?}");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("export.jsonl");
    std::fs::write(&file, &exported.stdout).unwrap();
    if let Some(mut script) = keyferry_outsiders::python("../docs/reference/verify_events.py") {
        let intact = script.arg(&file).arg(&kid).output().unwrap();
        assert!(intact.status.success() && text(&intact).starts_with("intact: "), "{intact:?}");
        let entries = text(&exported).lines().filter(|line| line.contains("\"position\"")).count();
        assert!(text(&intact).contains(&format!("{entries} entries")), "{intact:?}");
    }

    // Whoever can write to the table changes the second event of the first order, in both of its rows.
    let id = place.rows().await.iter().find(|row| row["shipmentId"] == shipment).unwrap()["RowKey"].clone();
    let own = format!("sys-event-{}-0000000002", id.as_str().unwrap());
    let row = place.table.row("keyferry", &own).await;
    let forged: Value =
        json!({ "event": row["event"].as_str().unwrap().replace(ADA, ALAN).replacen("\"seq\":2", "\"seq\":9", 1) });
    assert_ne!(row["event"], forged["event"]);
    let position: u64 = row["position"].as_str().unwrap().parse().unwrap();
    place.table.edit("keyferry", &own, &forged).await;
    place.table.edit("keyferry", &format!("sys-feed-{position:020}"), &forged).await;
    let broken = run(&place, &["audit", "verify"]).await;
    assert_eq!(broken.status.code(), Some(1), "{broken:?}");
    let expected =
        format!("BROKEN       entry {position}: event 2 of shipment {}: its content was changed", id.as_str().unwrap());
    assert_eq!(text(&broken).lines().next(), Some(expected.as_str()), "{broken:?}");
}
