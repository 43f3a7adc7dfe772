//! Real faults around a real process: a clock that is set, a full disk, a foreign lock, a damaged page.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "outside of the program, with their own clock and HTTP client")]

mod support;

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use keyferry_proof_support::{ADA, ADA_ID, ALAN, ALAN_ID, Process, Sandbox, order_for};
use reqwest::StatusCode;
use support::{Connector, KEYFERRY};

/// Returns status and body of `/readyz`.
async fn readiness(connector: &Connector) -> (StatusCode, String) {
    let response = reqwest::get(format!("{}/readyz", connector.probes)).await.unwrap();
    (response.status(), response.text().await.unwrap())
}

/// Settings under which libfaketime shifts the wall clock of the process by the seconds in the file, and not its
/// monotonic clock.
fn shifted(file: &Path) -> Option<Vec<(&'static str, String)>> {
    keyferry_outsiders::system("faketime")?;
    let libraries = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path().join("faketime"));
    let library = libraries.map(|folder| folder.join("libfaketimeMT.so.1")).find(|library| library.exists()).unwrap();
    Some(vec![
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", file.display().to_string()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("CRON_PROCESS_SHIPMENT_SCHEDULE", "*/10 * * * * *".to_owned()),
    ])
}

fn borrowed<'a>(settings: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

async fn with_clock(file: &Path) -> Option<Connector> {
    let settings = shifted(file)?;
    let dir = Arc::new(tempfile::tempdir().unwrap());
    Some(Connector::at(Arc::new(Sandbox::start(KEYFERRY)), dir, &borrowed(&settings)).await)
}

#[tokio::test]
async fn clock_that_is_set_back_stops_no_runs() {
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    fs::write(&clock, "+0").unwrap();
    let Some(connector) = with_clock(&clock).await else { return };
    let shipment = connector.order(ADA).await;
    fs::write(&clock, "-3600").unwrap();
    connector.parcel_to(&shipment, 103).await;
    // By the old plan, the next run would be in an hour. The token of a caller is not valid yet by this clock.
    connector.until("the key is registered", async || connector.methods(ADA_ID).await.len() == 1).await;
    connector.until("the PIN is sent", async || connector.mails().await.len() == 1).await;
    assert_eq!(connector.log().matches("system clock was set").count(), 1, "{}", connector.log());
}

#[tokio::test]
async fn lease_and_claims_until_tomorrow_stop_no_runs() {
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    fs::write(&clock, "+86400").unwrap();
    let Some(mut ahead) = with_clock(&clock).await else { return };
    let dir = ahead.dir.clone();
    ahead.until("a run", async || ahead.log().contains("processing run finished")).await;
    ahead.process.0.kill().unwrap();
    ahead.process.0.wait().unwrap();

    let schedule = [("CRON_PROCESS_SHIPMENT_SCHEDULE", "*/10 * * * * *")];
    let connector = Connector::at(ahead.sandbox.clone(), dir, &schedule).await;
    let shipment = connector.order(ADA).await;
    // As if another process on this machine had left them.
    let until = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '+1 day')";
    let leave = format!(
        "UPDATE fprshipments SET claim_holder = 'dead', claim_until = {until}, version = version + 1;
         INSERT OR REPLACE INTO leases (name, holder, held_until) VALUES ('schedules', 'dead', {until})"
    );
    connector.database().execute_batch(&leave).unwrap();
    connector.parcel_to(&shipment, 103).await;
    connector.until("it is complete", async || connector.status(&shipment).await["shipment_state"] == "complete").await;
}

/// Small file system, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "none"]).arg(at).output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Self(at.to_owned()));
        }
        drop(writeln!(std::io::stderr(), "SKIPPED: this process may not mount a file system"));
        None
    }

    fn fill(&self) {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(self.0.join("filling")).unwrap();
        let mut size = 1024 * 1024;
        while size > 0 {
            if file.write_all(&vec![7; size]).is_err() {
                size /= 2;
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}

#[tokio::test]
async fn full_disk_stops_ordering_and_shows_in_readiness() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path()) else { return };
    let data = folder.path().join("data");
    let connector = Connector::with(&[("KEYFERRY_DATA_DIR", data.to_str().unwrap())]).await;
    let shipment = connector.order(ADA).await;
    assert_eq!(readiness(&connector).await.0, StatusCode::OK);
    disk.fill();
    for _ in 0..5 {
        let refused = connector.create(&order_for(ALAN)).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text);
    }
    let full = async || {
        let (status, body) = readiness(&connector).await;
        status == StatusCode::SERVICE_UNAVAILABLE && body.contains("disk of the data directory is full")
    };
    connector.until("readiness names the full disk", full).await;
    assert_eq!(connector.parcels().await.len(), 1);
    assert_eq!(connector.status(&shipment).await["shipment_state"], "ongoing", "reads work");
    fs::remove_file(folder.path().join("filling")).unwrap();
    connector.until("it is ready again", async || readiness(&connector).await.0 == StatusCode::OK).await;
    connector.order(ALAN).await;
    connector.complete(&shipment).await;
}

const LOCK: &str = "
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute('BEGIN IMMEDIATE')
print('locked', flush=True)
time.sleep(6)
database.execute('ROLLBACK')
";

#[tokio::test]
async fn foreign_lock_delays_no_reads_and_shows_in_readiness() {
    let Some(python) = keyferry_outsiders::system("python3") else { return };
    let connector = Connector::start().await;
    let shipment = connector.order(ADA).await;
    let mut lock = Command::new(python);
    lock.args(["-c", LOCK]).arg(connector.dir.path().join("data/keyferry.db")).stdout(Stdio::piped());
    let mut lock = Process(lock.spawn().unwrap());
    // Kept open: Python may write the end of the line later, and would die of a closed pipe.
    let mut output = lock.0.stdout.take().unwrap();
    let mut line = [0; 7];
    output.read_exact(&mut line).unwrap();
    assert_eq!(&line, b"locked\n");

    let begin = Instant::now();
    connector.status(&shipment).await;
    assert!(begin.elapsed() < Duration::from_secs(2), "a read took {:?}", begin.elapsed());
    let begin = Instant::now();
    let refused = connector.create(&order_for(ALAN)).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text);
    assert!(refused.text.contains("locked") && begin.elapsed() < Duration::from_secs(5), "{}", refused.text);
    let (status, body) = readiness(&connector).await;
    assert!(status == StatusCode::SERVICE_UNAVAILABLE && body.contains("locked"), "{body}");
    assert_eq!(connector.parcels().await.len(), 1);
    lock.0.wait().unwrap();
    connector.until("it is ready again", async || readiness(&connector).await.0 == StatusCode::OK).await;
    connector.order(ALAN).await;
}

#[tokio::test]
async fn damaged_index_orders_nothing_and_shows_in_readiness() {
    let mut connector = Connector::start().await;
    connector.order(ADA).await;
    let query = "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_master
                 WHERE name = 'fprshipments_by_phase'";
    let (page, size): (i64, i64) =
        connector.database().query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let (sandbox, dir) = (connector.sandbox.clone(), connector.dir.clone());
    assert!(connector.process.stop());
    let mut file = fs::OpenOptions::new().write(true).open(dir.path().join("data/keyferry.db")).unwrap();
    file.seek(SeekFrom::Start(u64::try_from((page - 1) * size).unwrap())).unwrap();
    file.write_all(&vec![0; usize::try_from(size).unwrap()]).unwrap();
    file.sync_all().unwrap();

    let schedule = [("CRON_PROCESS_SHIPMENT_SCHEDULE", "*/5 * * * * *")];
    let connector = Connector::at(sandbox, dir, &schedule).await;
    let damaged = async || {
        let (status, body) = readiness(&connector).await;
        status == StatusCode::SERVICE_UNAVAILABLE && body.contains("store-damaged")
    };
    connector.until("readiness names the damage", damaged).await;
    for _ in 0..30 {
        assert!(connector.create(&order_for(ALAN)).await.status.is_server_error());
    }
    assert!(connector.parcels().await.len() <= 2, "at most one order that could not be recorded");
    assert_eq!(connector.methods(ALAN_ID).await.len(), 0);
    let log = connector.log();
    assert!(log.contains("\"level\":\"ERROR\"") && log.contains("fprshipments_by_phase"), "{log}");
}
