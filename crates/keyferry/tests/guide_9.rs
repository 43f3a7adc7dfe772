//! Guide, section 9: changes to a running deployment. Rotation of secrets (9.3, 9.4) is tested in `restart.rs`,
//! resending a PIN (9.6) in `guide_10/resend.rs`.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the tests run outside of the program")]

mod support;

use chrono::{DateTime, Days, NaiveTime, SecondsFormat, TimeDelta, Utc};
use keyferry_proof_support::{ADA, ALAN, order_for};
use reqwest::{Method, StatusCode};
use serde_json::json;
use support::Connector;

/// 9.1, `CRON_PROCESS_SHIPMENT_SCHEDULE`.
#[tokio::test]
async fn processing_follows_schedule_or_is_off() {
    let by_schedule = Connector::with(&[("CRON_PROCESS_SHIPMENT_SCHEDULE", "*/2 * * * * *")]).await;
    let never = Connector::with(&[("CRON_PROCESS_SHIPMENT_SCHEDULE", "-")]).await;
    let mut shipments = Vec::new();
    for connector in [&by_schedule, &never] {
        let shipment = connector.order(ADA).await;
        connector.parcel_to(&shipment, 103).await;
        shipments.push(shipment);
    }
    let complete = async || by_schedule.status(&shipments[0]).await["shipment_state"] == "complete";
    by_schedule.until("completion by schedule", complete).await;
    assert_eq!(by_schedule.mails().await.len(), 1);
    let shown = never.status(&shipments[1]).await;
    assert_eq!(shown, json!({ "shipment_id": shipments[1], "shipment_state": "ongoing" }));
    assert_eq!(never.calls("delivery.status").await, 0);
}

/// 9.1, "the effective values can be obtained".
#[tokio::test]
async fn status_shows_effective_values() {
    let changed = [
        ("CRON_PROCESS_SHIPMENT_SCHEDULE", "0 */30 * * * *"),
        ("CRON_DATA_CLEANUP_SCHEDULE", "0 0 3 * * MON-FRI"),
        ("CRON_DATA_CLEANUP_COMPLETED_DAYS", "90"),
        ("ENTRA_FIDO_API_CHALLENGE_TIMEOUT_MINUTES", "43200"),
        ("LOGGING_LEVEL_COM_YUBICO", "DEBUG"),
    ];
    let defaults = [
        ("CRON_PROCESS_SHIPMENT_SCHEDULE", "0 0 * * * *"),
        ("CRON_DATA_CLEANUP_SCHEDULE", "0 30 * * * *"),
        ("CRON_DATA_CLEANUP_COMPLETED_DAYS", "0"),
        ("ENTRA_FIDO_API_CHALLENGE_TIMEOUT_MINUTES", "20160"),
        ("LOGGING_LEVEL_COM_YUBICO", "INFO"),
    ];
    let nothing = defaults.map(|(name, _)| (name, ""));
    for (settings, expected) in [(changed, changed), (nothing, defaults)] {
        let connector = Connector::with(&settings).await;
        let status = connector.get("/v1/status").await.body;
        for (name, value) in expected {
            assert_eq!(status[name], value, "{name}");
        }
    }
}

/// 9.1, `ENTRA_FIDO_API_CHALLENGE_TIMEOUT_MINUTES`: the deadline returned by Graph shows that the value was requested.
#[tokio::test]
async fn challenge_lifetime_follows_setting() {
    for (minutes, expected) in [("60", 60), ("", 20_160)] {
        let connector = Connector::with(&[("ENTRA_FIDO_API_CHALLENGE_TIMEOUT_MINUTES", minutes)]).await;
        let details = connector.details(&connector.order(ADA).await).await;
        let at = |name: &str| DateTime::parse_from_rfc3339(details[name].as_str().unwrap()).unwrap();
        let life = at("deadline") - at("created_at");
        assert!((life - TimeDelta::minutes(expected)).abs() < TimeDelta::minutes(1), "{minutes}: {life}");
    }
}

/// 9.1, `LOGGING_LEVEL_COM_YUBICO`. No level logs secrets.
#[tokio::test]
async fn log_level_follows_setting_and_logs_no_secret() {
    for (level, debug, trace) in [("", false, false), ("DEBUG", true, false), ("TRACE", true, true)] {
        let connector = Connector::with(&[("LOGGING_LEVEL_COM_YUBICO", level)]).await;
        let shipment = connector.complete_order(ADA).await;
        let details = connector.details(&shipment).await;
        let serial = details["keys"][0]["serial_number"].as_str().unwrap();
        let key = connector.sandbox(Method::GET, &format!("/control/keys/{serial}?reveal=pin"), None).await.body;
        let log = connector.log();
        assert!(log.contains(r#""level":"INFO""#));
        assert_eq!(log.contains(r#""level":"DEBUG""#), debug, "{level}: {log}");
        assert!(trace || !log.contains(r#""level":"TRACE""#), "{level}: {log}");
        let (pin, token) = (key["pin"].as_str().unwrap(), connector.token.as_str());
        let secrets =
            ["sandbox-connector-secret", "sandbox-delivery-token", "sandbox-logic-app-signature", token, "eyJ"];
        for secret in secrets {
            assert!(!log.contains(secret), "{level}: {secret} in {log}");
        }
        // Search for the PIN as a separate word, because timestamps and ports contain as many digits.
        let alone = |line: &str| line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == pin);
        assert!(!log.lines().any(alone), "{level}: {log}");
    }
}

fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// Edits a shipment so that it appears to have been created long ago and completed at `at`.
fn completed(connector: &Connector, shipment: &str, at: DateTime<Utc>) {
    let update = "UPDATE fprshipments
                  SET record = json_set(record, '$.phase.at', ?2), created_at = '2001-01-01T00:00:00.000000Z'
                  WHERE shipmentId = ?1 AND json_extract(record, '$.phase.at') IS NOT NULL";
    let at = at.to_rfc3339_opts(SecondsFormat::Micros, true);
    assert_eq!(connector.database().execute(update, [shipment, &at]).unwrap(), 1);
}

fn count(connector: &Connector, table: &str) -> i64 {
    connector.database().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

async fn complete_once(connector: &Connector, key: &str) -> String {
    let answer = connector.create_once(key, &order_for(ADA)).await;
    let shipment = answer.body["data"]["shipment_id"].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned();
    connector.complete(&shipment).await;
    shipment
}

/// 9.1, `CRON_DATA_CLEANUP_*`: deletes shipments that have been complete for more than n days (UTC) with all their
/// data, and nothing else.
#[tokio::test]
async fn clean_up_deletes_old_complete_shipments_only() {
    let every_second = ("CRON_DATA_CLEANUP_SCHEDULE", "* * * * * *");
    let connector = Connector::with(&[every_second, ("CRON_DATA_CLEANUP_COMPLETED_DAYS", "7")]).await;
    let (old, young) = (complete_once(&connector, "old").await, complete_once(&connector, "young").await);
    let open = connector.order(ALAN).await;
    assert_eq!((count(&connector, "secrets"), count(&connector, "idempotency_keys")), (3, 2));
    let day = now().date_naive().checked_sub_days(Days::new(7)).unwrap().and_time(NaiveTime::MIN).and_utc();
    completed(&connector, &young, day + TimeDelta::seconds(1));
    completed(&connector, &open, day - TimeDelta::days(30));
    completed(&connector, &old, day - TimeDelta::seconds(1));
    let path = format!("/v1/fpr/shipments/{old}");
    connector.until("clean-up", async || connector.get(&path).await.status == StatusCode::NOT_FOUND).await;
    connector.until("clean-up of its idempotency key", async || count(&connector, "idempotency_keys") == 1).await;
    assert_eq!((count(&connector, "fprshipments"), count(&connector, "secrets")), (2, 2));
    assert_eq!(connector.status(&young).await["shipment_state"], "complete");
    assert_eq!(connector.status(&open).await["shipment_state"], "ongoing");
    // The user's registered key is not deleted.
    assert_eq!(connector.methods(keyferry_proof_support::ADA_ID).await.len(), 2);
}

#[tokio::test]
async fn clean_up_with_0_days_deletes_orphaned_secrets_only() {
    let every_second = ("CRON_DATA_CLEANUP_SCHEDULE", "* * * * * *");
    let unlimited = ("KEYFERRY_PIN_RELEASE_WINDOW_DAYS", "0");
    let connector = Connector::with(&[every_second, ("CRON_DATA_CLEANUP_COMPLETED_DAYS", "0"), unlimited]).await;
    let (kept, lost) = (complete_once(&connector, "kept").await, connector.order(ALAN).await);
    completed(&connector, &kept, now() - TimeDelta::days(4000));
    // A secret without a record, as left by a crash between the two writes.
    let database = connector.database();
    database.execute("DELETE FROM fprshipments WHERE shipmentId = ?1", [&lost]).unwrap();
    let hours_ago = (now() - TimeDelta::hours(2)).to_rfc3339_opts(SecondsFormat::Micros, true);
    database.execute("UPDATE secrets SET created_at = ?1", [hours_ago]).unwrap();
    connector.until("the sweep", async || count(&connector, "secrets") == 1).await;
    assert_eq!(connector.status(&kept).await["shipment_state"], "complete");
    assert_eq!(connector.get(&format!("/v1/operations/resend-pin/{kept}")).await.status, StatusCode::NO_CONTENT);
}
