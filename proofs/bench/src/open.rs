//! Memory of `keyferry serve` with many open shipments, at rest and during a run.

use std::path::Path;
use std::time::{Duration, Instant};

use keyferry_proof_support::{ADA, Sandbox};
use reqwest::Method;

use crate::connector::Connector;
use crate::usage::{anonymous, resident};

/// Time in which the run is watched.
const WATCHED: Duration = Duration::from_secs(60);

/// Copies the only shipment to this number, each for another user. All have the same parcel.
const COPY: &str = "
    WITH RECURSIVE number(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM number WHERE n < ?1),
        new AS (SELECT n, printf('0196f0a0-%04x-7000-8000-%012x', n / 1000, n) AS id FROM number)
    INSERT INTO fprshipments (id, shipmentId, shipmentState, phase, user_id, object_id, product_id, created_at,
        updated_at, deadline, version, record, requested_by, needs_human, reference, country)
    SELECT new.id, shipmentId, shipmentState, phase, 'copy' || n || '@contoso.example', object_id, product_id,
        created_at, updated_at, deadline, 1,
        replace(replace(record, fprshipments.id, new.id), user_id, 'copy' || n || '@contoso.example'),
        requested_by, needs_human, reference, country
    FROM fprshipments, new";

const TERMS: &str = "
    INSERT OR IGNORE INTO terms (term, shipment)
    SELECT 'upn ' || user_id, id FROM fprshipments WHERE user_id LIKE 'copy%'";

/// Measures with this number of open shipments, and prints a table.
pub(crate) async fn run(program: &str, shipments: u32) {
    let sandbox = Sandbox::start(program);
    let connector = Connector::start(program, &sandbox.base, 5).await;
    let (client, pid) = (&connector.client, connector.pid());
    println!("| | memory, MiB | of this anonymous |\n| --- | --- | --- |");
    let line = |moment: &str, [all, own]: [u64; 2]| {
        println!("| {moment} | {:.1} | {:.1} |", all as f64 / 1024.0, own as f64 / 1024.0);
    };
    let memory = || [resident(pid), anonymous(pid)];
    line("ready", memory());
    client.order(ADA).await;
    // The state of the parcel is recorded, and does not change afterwards.
    client.process().await;
    fill(&connector.database(), shipments);
    line("one order and one run", memory());
    for path in ["/v1/shipments?limit=500&sort=newest", "/v1/shipments/counts", "/v1/status"] {
        assert!(client.get(path).await.status.is_success(), "{path}");
    }
    line(&format!("{shipments} open, after a page of 500, counts and status"), memory());
    let asked = client.calls("delivery.status").await;
    // The answer may come before the run ends.
    let run = client.request(Method::POST, "/v1/operations/process-shipments").timeout(WATCHED * 60).send();
    let run = tokio::spawn(run);
    let (begin, mut highest) = (Instant::now(), [0; 2]);
    while begin.elapsed() < WATCHED {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = memory();
        highest = [highest[0].max(now[0]), highest[1].max(now[1])];
    }
    let asked = client.calls("delivery.status").await - asked;
    line(&format!("highest in {} s of a run, {asked} shipments asked for", begin.elapsed().as_secs()), highest);
    run.abort();
}

fn fill(database: &Path, shipments: u32) {
    let database = rusqlite::Connection::open(database).unwrap();
    database.busy_timeout(Duration::from_secs(60)).unwrap();
    database.execute(COPY, [shipments]).unwrap();
    database.execute(TERMS, []).unwrap();
}
