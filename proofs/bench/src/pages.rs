//! Durations of the console's pages with 100,000 shipments in the embedded store, from the request to the last byte of
//! the page, one request after the other.

use std::path::Path;
use std::time::{Duration, Instant};

use keyferry_proof_support::{ADA, Sandbox};
use reqwest::Client;

use crate::connector::Connector;

const SHIPMENTS: u32 = 100_000;
const REPETITIONS: usize = 40;

/// Value of a session's cookie: 32 zero bytes.
const SESSION: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Inserts the session. Its key is the SHA-256 of the 32 bytes.
const SIGN_IN: &str = r#"
    INSERT INTO sessions (id_hash, "user", roles, authenticated_at, began_at, used_at, ends_at)
    SELECT '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925',
        '{"object_id":"a1000000-0000-4000-8000-000000000002","user_name":"grace.hopper","name":"Grace Hopper"}',
        'Keyferry.Read Keyferry.Order Keyferry.Operate Keyferry.Pin Keyferry.Audit', now, now, now,
        strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '+7 hours')
    FROM (SELECT strftime('%Y-%m-%dT%H:%M:%f000Z', 'now') AS now)"#;

/// Copies the only shipment. One in 5 is open, one in 50 needs an operator, one in 1,000 is unconfirmed, one in 5
/// batches has 20,000, and the times are of the last 100,000 seconds, the deadlines of the next.
const COPY: &str = "
    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 100000)
    INSERT INTO fprshipments (id, shipmentId, shipmentState, phase, obstacle_class, obstacle_code, user_id, object_id,
        serial, batch, product_id, created_at, updated_at, deadline, next_attempt, version, record, tracking_number,
        requested_by, needs_human, reference, country)
    SELECT printf('0196f0a0-%04x-7000-8000-%012x', n / 1000, n), 'shipment' || n,
        CASE WHEN n % 5 = 0 THEN 'ongoing' ELSE 'complete' END,
        CASE WHEN n % 1000 = 5 THEN 'unconfirmed' WHEN n % 50 = 0 THEN 'registered' WHEN n % 10 = 0 THEN 'fulfilled'
            WHEN n % 5 = 0 THEN 'accepted' ELSE 'complete' END,
        CASE WHEN n % 50 = 0 THEN 'attention' END,
        CASE WHEN n % 100 = 0 THEN 'no-manager' WHEN n % 50 = 0 THEN 'no-mail' END,
        'user' || n || '@contoso.example', object_id, 'serial' || n,
        printf('0196f0a0-0000-7000-8000-%012x', n / 20000), n % 7,
        strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '-' || (n * 7919 % 100000) || ' seconds'),
        strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '-' || (n * 6007 % 100000) || ' seconds'),
        strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', (n * 7907 % 1000000) || ' seconds'),
        CASE WHEN n % 5 = 0 THEN strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', (n % 1000) || ' minutes') END,
        1, replace(record, fprshipments.id, printf('0196f0a0-%04x-7000-8000-%012x', n / 1000, n)), 'tracking' || n,
        requested_by, n % 50 = 0 OR n % 1000 = 5, 'REQ' || n,
        substr('USDEGBFRNL', 1 + n % 5 * 2, 2)
    FROM fprshipments, number;
    INSERT INTO terms (term, shipment) SELECT 'upn ' || user_id, id FROM fprshipments WHERE user_id LIKE 'user%'";

/// Names of the pages, and what follows `/console` in their addresses. `{id}` is the id of a shipment.
const PAGES: [(&str, &str); 17] = [
    ("list", "/shipments"),
    ("list, a phase (9,900)", "/shipments?phase=accepted"),
    ("list, a phase that no shipment has", "/shipments?phase=refused"),
    ("list, needs a human (2,100)", "/shipments?needs_human=true"),
    ("list, needs a human, last changed first", "/shipments?needs_human=true&sort=updated"),
    ("list, code of an obstacle (1,000)", "/shipments?code=no-manager&sort=deadline"),
    ("list, code that no shipment has", "/shipments?code=no-group"),
    (
        "list, batch (20,000), earliest deadline first",
        "/shipments?batch=0196f0a0-0000-7000-8000-000000000002&sort=deadline",
    ),
    ("list, product and phase", "/shipments?product=3&phase=registered&sort=next_attempt"),
    ("list, deadline in a period", "/shipments?phase=accepted%2Cfulfilled&deadline_to=2100-01-01&sort=deadline"),
    ("list, person", "/shipments?user=user777%40contoso.example"),
    (
        "list, all columns",
        "/shipments?columns=state%2Cserial%2Ctracking%2Creference%2Ccreated%2Cdeadline%2Cupdated%2C\
                           next_attempt%2Cneeded_by%2Cnot_before%2Ccountry%2Cproduct%2Cbatch%2Ccode%2Cid%2Cdelivery_id",
    ),
    ("search that finds a person", "/shipments?q=user777%40contoso.example"),
    ("one shipment", "/shipments/{id}"),
    ("overview", ""),
    ("overview of a batch (20,000)", "?batch=0196f0a0-0000-7000-8000-000000000002"),
    ("needs a human", "/work"),
];

/// Measures the pages, and prints a table.
pub(crate) async fn run(program: &str) {
    let sandbox = Sandbox::start(program);
    let console = [("KEYFERRY_CONSOLE", "on".to_owned())];
    let connector = Connector::with(program, &sandbox.base, 60, &console).await;
    let shipment = connector.client.order(ADA).await;
    fill(&connector.database());
    let http = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    println!("{SHIPMENTS} shipments, {REPETITIONS} requests per page, milliseconds\n");
    println!("| page | median | 95th percentile | longest | KiB |\n| --- | --- | --- | --- | --- |");
    for (name, path) in PAGES {
        let address = format!("{}/console{}", connector.client.api, path.replace("{id}", &shipment));
        let (mut durations, mut size) = (Vec::new(), 0);
        // The first ones fill caches.
        for number in 0..REPETITIONS + 5 {
            let begin = Instant::now();
            let answer =
                http.get(&address).header("cookie", format!("keyferry-console={SESSION}")).send().await.unwrap();
            let status = answer.status().as_u16();
            size = answer.bytes().await.unwrap().len();
            if status != if path.contains("?q=") { 303 } else { 200 } {
                let log = connector.client.log();
                let lines: Vec<_> = log.lines().filter(|line| line.contains("ERROR")).collect();
                panic!("{address} returned {status}: {lines:?}");
            }
            if number >= 5 {
                durations.push(begin.elapsed());
            }
        }
        let [median, high, longest] = percentiles(durations);
        println!("| {name} | {median:.1} | {high:.1} | {longest:.1} | {} |", size / 1024);
    }
}

fn percentiles(mut durations: Vec<Duration>) -> [f64; 3] {
    durations.sort();
    let last = durations.len() - 1;
    [durations.len() / 2, durations.len() * 95 / 100, last].map(|index| durations[index].as_secs_f64() * 1000.0)
}

/// Copies the only shipment to 100,000, and signs a user in to the console.
pub(crate) fn fill(database: &Path) {
    let database = rusqlite::Connection::open(database).unwrap();
    database.busy_timeout(Duration::from_secs(60)).unwrap();
    database.execute_batch(SIGN_IN).unwrap();
    database.execute_batch(COPY).unwrap();
}
