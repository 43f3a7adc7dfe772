//! `keyferry audit verify`, `keyferry audit export` with the auditor's script, and `keyferry rekey`.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod support;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use keyferry_domain::ports::SecretName;
use keyferry_domain::{Clock, SecretBytes, SecretStore as _, ShipmentId, Timestamp};
use keyferry_proof_support::{ADA, ALAN};
use keyferry_store_sqlite::{SqliteOptions, SqliteStore};
use serde_json::{Value, json};
use support::{Connector, KEYFERRY, usual};

fn command(connector: &Connector, arguments: &[&str]) -> Command {
    let mut command = Command::new(KEYFERRY);
    command.args(arguments).env_clear().envs(usual(&connector.sandbox.base, connector.dir.path()));
    command
}

fn run(connector: &Connector, arguments: &[&str]) -> Output {
    command(connector, arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Returns the value of a line of `audit verify`.
fn line(verified: &str, name: &str) -> String {
    verified.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned()
}

#[tokio::test]
async fn verifies_with_and_without_the_service_and_finds_manipulation() {
    let mut connector = Connector::start().await;
    connector.order(ADA).await;
    let shipment = connector.order(ALAN).await;
    connector.process().await;
    let running = run(&connector, &["audit", "verify"]);
    assert!(running.status.success(), "{running:?}");
    let newest = line(&text(&running), "newest");
    let newest = newest.split(' ').next().unwrap().to_owned();
    connector.order(ADA).await;

    // The settings in a file, and the service killed.
    connector.process.0.kill().unwrap();
    connector.process.0.wait().unwrap();
    let settings: Vec<_> = usual(&connector.sandbox.base, connector.dir.path())
        .into_iter()
        .map(|(name, value)| format!("{name} = {}\n", json!(value)))
        .collect();
    let file = connector.dir.path().join("settings.toml");
    std::fs::write(&file, settings.concat()).unwrap();
    let stopped = Command::new(KEYFERRY)
        .args(["audit", "verify", "--expect", &newest, "--config"])
        .arg(&file)
        .env_clear()
        .output()
        .unwrap();
    assert!(stopped.status.success(), "{stopped:?}");
    assert!(text(&stopped).starts_with("The event chain is intact: "), "{stopped:?}");

    let wrong = run(&connector, &["audit", "verify", "--expect", &format!("1:{}", "0".repeat(64))]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong).contains("BROKEN       entry 1: "), "{wrong:?}");
    let invalid = run(&connector, &["audit", "verify", "--expect", "1"]);
    assert!(String::from_utf8_lossy(&invalid.stderr).contains("--expect"), "{invalid:?}");

    let hidden = format!(
        "DELETE FROM events WHERE shipment = (SELECT id FROM fprshipments WHERE shipmentId = '{shipment}') AND seq = 2"
    );
    assert_eq!(connector.database().execute(&hidden, []).unwrap(), 1);
    let broken = run(&connector, &["audit", "verify"]);
    assert_eq!(broken.status.code(), Some(1), "{broken:?}");
    assert!(text(&broken).contains("its content was deleted") && text(&broken).contains("event 2 of"), "{broken:?}");
}

/// Altered events are reported, and do not stop the service.
#[tokio::test]
async fn service_reports_altered_events_and_stays_ready() {
    let mut connector = Connector::start().await;
    connector.order(ADA).await;
    let (sandbox, dir) = (connector.sandbox.clone(), connector.dir.clone());
    let page = async |connector: &Connector, path: &str| {
        let answer = reqwest::get(format!("{}/{path}", connector.probes)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    connector
        .until("events are verified", async || {
            page(&connector, "metrics").await.1.contains("\nkeyferry_events_altered 0\n")
        })
        .await;
    assert!(connector.process.stop());
    connector.database().execute("UPDATE events SET event = event || ' ' WHERE position = 1", []).unwrap();
    let connector = Connector::at(sandbox, dir, &[]).await;
    let reported = async || page(&connector, "readyz").await.1.contains("events-altered: ");
    connector.until("readiness names the event", reported).await;
    let (status, text) = page(&connector, "readyz").await;
    assert!(status == 200 && text.starts_with("ok\n") && text.contains("entry 1: event 1 of shipment "), "{text}");
    assert!(page(&connector, "metrics").await.1.contains("\nkeyferry_events_altered 1\n"));
    let log = connector.log();
    let error = log.lines().find(|line| line.contains("events were changed outside of Keyferry")).unwrap();
    assert!(error.contains("\"level\":\"ERROR\"") && error.contains("its content was changed"), "{error}");
    connector.order(ALAN).await;
}

/// Runs the script of the documentation. `None` if Python's packages are not installed.
fn script(export: &[Value], directory: &Path, kid: &str) -> Option<Output> {
    let file = directory.join("export.jsonl");
    let lines: Vec<_> = export.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&file, lines.concat()).unwrap();
    let mut command = keyferry_outsiders::python("../docs/reference/verify_events.py")?;
    Some(command.arg(&file).arg(kid).output().unwrap())
}

#[tokio::test]
async fn auditor_verifies_an_export_without_keyferry() {
    let connector = Connector::start().await;
    connector.order(ADA).await;
    connector.order(ALAN).await;
    connector.process().await;
    let kid = line(&text(&run(&connector, &["audit", "verify"])), "signing key");
    let exported = run(&connector, &["audit", "export"]);
    assert!(exported.status.success(), "{exported:?}");
    let export: Vec<Value> = text(&exported).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(export[0]["format"], "keyferry-events-1");
    let directory = tempfile::tempdir().unwrap();
    let Some(intact) = script(&export, directory.path(), &kid) else { return };
    assert!(intact.status.success() && text(&intact).starts_with("intact: "), "{intact:?}");

    let edit = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut export = export.clone();
        change(&mut export);
        export
    };
    let hash = |text: &str| keyferry_evidence_hash(text);
    let cases = [
        ("changed", edit(&|lines| lines[2]["content"] = json!("{}")), "entry 2: changed"),
        (
            "changed with its digest",
            edit(&|lines| {
                lines[2]["content"] = json!("{}");
                lines[2]["digest"] = json!(hash("{}"));
            }),
            "entry 2: moved or deleted",
        ),
        ("emptied", edit(&|lines| lines[2]["content"] = Value::Null), "content was deleted"),
        ("deleted", edit(&|lines| drop(lines.remove(2))), "entry 2: moved or deleted"),
        ("reordered", edit(&|lines| lines.swap(1, 2)), "entry 1: moved or deleted"),
        ("cut", edit(&|lines| lines.truncate(3)), "the export is cut"),
        ("without the last entry", edit(&|lines| drop(lines.remove(lines.len() - 2))), "after entry"),
        (
            "with a forged signature",
            edit(&|lines| {
                let last = lines.len() - 1;
                let jws = lines[last]["checkpoint"].as_str().unwrap().to_owned();
                let (signed, _) = jws.rsplit_once('.').unwrap();
                lines[last]["checkpoint"] = json!(format!("{signed}.{}", "A".repeat(128)));
            }),
            "InvalidJWSSignature",
        ),
    ];
    for (name, tampered, reason) in cases {
        let output = script(&tampered, directory.path(), &kid).unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(reason), "{name}: {error}");
    }
    let other = script(&export, directory.path(), "another-key").unwrap();
    assert!(!other.status.success(), "a key of the export that the auditor does not know is not used");
}

fn keyferry_evidence_hash(text: &str) -> String {
    let content = keyferry_evidence::Content { shipment: "", seq: 1, text };
    keyferry_evidence::Head::start().next(&content).digest
}

struct SystemTime;

#[async_trait::async_trait]
impl Clock for SystemTime {
    fn now(&self) -> Timestamp {
        std::time::SystemTime::now().into()
    }

    async fn sleep(&self, _: std::time::Duration) {}
}

fn store(connector: &Connector) -> SqliteStore {
    let tenant = "11111111-2222-4333-8444-555555555555";
    let options = SqliteOptions::new(connector.dir.path().join("data"), tenant, Arc::new(SystemTime));
    SqliteStore::open(SqliteOptions { check_disk: false, ..options }).unwrap()
}

#[tokio::test]
async fn rekey_continues_after_a_kill_while_the_service_runs() {
    let connector = Connector::start().await;
    let shipment = connector.order(ADA).await;
    let store = store(&connector);
    let mut names = Vec::new();
    for number in 0..400 {
        let id = ShipmentId::parse(&format!("0196f0a0-0000-7000-8000-{number:012}")).unwrap();
        store.put(&SecretName::of(id), &SecretBytes::new(id.to_string().into_bytes())).await.unwrap();
        names.push(SecretName::of(id));
    }
    let keys = || -> Vec<i64> {
        let database = connector.database();
        let mut query = database.prepare("SELECT count(*) FROM secrets GROUP BY sealing_key").unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(keys(), [401]);

    // On a slow machine, the command may finish before it is killed. It is then repeated.
    for _ in 0..20 {
        let mut rekey = command(&connector, &["rekey"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(rekey.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        assert!(first.starts_with("sealed anew  ") && first.ends_with(" of 402"), "{first}");
        // The lock keeps the command from continuing.
        let database = connector.database();
        database.execute_batch("BEGIN IMMEDIATE").unwrap();
        rekey.kill().unwrap();
        rekey.wait().unwrap();
        database.execute_batch("ROLLBACK").unwrap();
        if keys().len() == 2 {
            break;
        }
        assert!(run(&connector, &["rekey", "--retire"]).status.success());
    }
    let key_file = connector.dir.path().join("data/keyferry.key");
    assert_eq!((keys().len(), std::fs::metadata(&key_file).unwrap().len()), (2, 64));
    let retired = run(&connector, &["rekey", "--retire"]);
    assert_eq!(retired.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&retired.stderr).contains("run `keyferry rekey` first"), "{retired:?}");

    let continued = run(&connector, &["rekey"]);
    assert!(continued.status.success(), "{continued:?}");
    assert!(text(&continued).contains("Continued an earlier replacement. 402 values are sealed"), "{continued:?}");
    assert_eq!(keys(), [401]);
    assert_eq!(std::fs::metadata(&key_file).unwrap().len(), 64, "no third key");
    let retired = run(&connector, &["rekey", "--retire"]);
    assert!(retired.status.success() && text(&retired).starts_with("Removed from the key file: "), "{retired:?}");
    assert_eq!(std::fs::metadata(&key_file).unwrap().len(), 32);
    for name in &names {
        assert_eq!(store.get(name).await.unwrap().unwrap().expose(), name.shipment().unwrap().to_string().as_bytes());
    }

    // The service was running all the time. It opens the response keys of the order, and seals new ones.
    connector.order(ALAN).await;
    connector.parcel_to(&shipment, 103).await;
    connector.process_until(&shipment, "its end", |details| details["shipment_state"] == "complete").await;
    assert!(run(&connector, &["audit", "verify"]).status.success());
}
