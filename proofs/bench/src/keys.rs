//! CPU per key and step of `keyferry serve`, beside the bare cryptography and the scripts that a user would write
//! instead, all in one run in turns: a machine that becomes slower does so for all.

use std::collections::BTreeMap;
use std::time::Duration;

use keyferry_outsiders as outsiders;
use keyferry_proof_support::{Client, Sandbox};
use reqwest::Method;
use serde_json::Value;

use crate::bare::Bare;
use crate::connector::Connector;
use crate::contestant::{Contestant, Script};
use crate::usage::{Syncs, Usage, of_this_thread};

/// Rounds, and keys in each. The keys of one more round, whose `fsync`s are counted, are not timed.
const ROUNDS: usize = 6;
const KEYS: usize = 25;
/// Keys of a first round, in which tokens and published keys are fetched.
const WARM: usize = 2;

const STEPS: [&str; 2] = ["create", "process"];

#[derive(Default)]
struct Figures {
    used: Usage,
    /// By endpoint of the sandbox.
    calls: BTreeMap<String, u64>,
    syncs: Option<usize>,
}

struct Lane {
    name: &'static str,
    contestant: Contestant,
    steps: [Figures; 2],
    users: std::vec::IntoIter<String>,
}

/// Runs all programs, or those whose names start with one of `only`.
pub(crate) async fn run(program: &str, only: &[&str]) {
    let names = ["keyferry, Logic App", "keyferry, SMTP", "python", "node"];
    let names = names.into_iter().filter(|name| only.is_empty() || only.iter().any(|start| name.starts_with(start)));
    let each = WARM + (ROUNDS + 1) * KEYS;
    // Some are guests, have no manager, or are disabled.
    let people = (each * 4 * 5 / 4).to_string();
    let sandbox = Sandbox::with(program, &["--people", &people, "--seed", "1"]);
    let users = users(&sandbox.base).await;
    let mut lanes = Vec::new();
    for (name, users) in names.zip(users.chunks(each)) {
        let Some(contestant) = start(name, program, &sandbox.base).await else {
            println!("{name}: left out, since its packages are not installed (`cargo xtask outsiders`)");
            continue;
        };
        lanes.push(Lane { name, contestant, steps: Default::default(), users: Vec::from(users).into_iter() });
    }
    let client = Client::new(String::new(), sandbox.base.clone(), "unused".into()).await;
    for lane in &mut lanes {
        lane.round(&client, WARM).await;
        lane.steps = Default::default();
    }
    let (bare, mut cryptography) = (Bare::new(), [Duration::ZERO; 2]);
    for _ in 0..ROUNDS {
        let measured = measure(&bare, KEYS * 4);
        cryptography.iter_mut().zip(measured).for_each(|(sum, one)| *sum += one);
        for lane in &mut lanes {
            lane.round(&client, KEYS).await;
        }
    }
    for lane in &mut lanes {
        lane.count_syncs(&client).await;
    }
    print(cryptography.map(|sum| milliseconds(sum, ROUNDS * KEYS * 4)), &lanes);
}

async fn start(name: &str, program: &str, base: &str) -> Option<Contestant> {
    let script = |interpreter, file| {
        Some(Contestant::Script(Script::start(interpreter, &outsiders::folder().join("scripts").join(file), base)))
    };
    match name {
        "python" => {
            let python = outsiders::folder().join("venv/bin/python");
            python.exists().then(|| script(&python, "register.py"))?
        }
        "node" => {
            let modules = outsiders::folder().join("scripts/node_modules");
            modules.exists().then(|| script("node".as_ref(), "register.mjs"))?
        }
        "keyferry, SMTP" => {
            let smtp = Connector::by_smtp(base).await;
            Some(Contestant::Keyferry(Connector::with(program, base, 0, &smtp).await))
        }
        _ => Some(Contestant::Keyferry(Connector::start(program, base, 0).await)),
    }
}

impl Lane {
    async fn round(&mut self, client: &Client, keys: usize) {
        let users: Vec<String> = self.users.by_ref().take(keys).collect();
        let before = (Usage::of(self.contestant.pid()), calls(client).await);
        let shipments = self.contestant.create(&users).await;
        let created = (Usage::of(self.contestant.pid()), calls(client).await);
        for shipment in &shipments {
            client.parcel_to(shipment, 103).await;
        }
        let ready = Usage::of(self.contestant.pid());
        self.contestant.process().await;
        let processed = (Usage::of(self.contestant.pid()), calls(client).await);
        self.contestant.check(&shipments).await;
        let [create, process] = &mut self.steps;
        create.used.add(created.0.since(before.0));
        process.used.add(processed.0.since(ready));
        for (step, from, to) in [(create, &before.1, &created.1), (process, &created.1, &processed.1)] {
            for (endpoint, count) in to {
                *step.calls.entry(endpoint.clone()).or_default() += count - from.get(endpoint).unwrap_or(&0);
            }
        }
    }

    async fn count_syncs(&mut self, client: &Client) {
        let users: Vec<String> = self.users.by_ref().take(KEYS).collect();
        let Some(syncs) = Syncs::of(self.contestant.pid()).await else { return };
        let shipments = self.contestant.create(&users).await;
        let created = syncs.count().await;
        for shipment in &shipments {
            client.parcel_to(shipment, 103).await;
        }
        self.contestant.process().await;
        let processed = syncs.count().await - created;
        let [create, process] = &mut self.steps;
        (create.syncs, process.syncs) = (Some(created), Some(processed));
    }
}

/// Returns the time of the bare cryptography in both steps.
fn measure(bare: &Bare, keys: usize) -> [Duration; 2] {
    let start = of_this_thread();
    let orders: Vec<_> = (0..keys).map(|_| bare.create()).collect();
    let created = of_this_thread();
    let answers: Vec<_> = orders.iter().map(|order| bare.answer(order)).collect();
    let answered = of_this_thread();
    for (order, answer) in orders.iter().zip(&answers) {
        bare.process(order, answer);
    }
    [created - start, of_this_thread() - answered]
}

fn print(cryptography: [f64; 2], lanes: &[Lane]) {
    let keys = ROUNDS * KEYS;
    let bare: f64 = cryptography.iter().sum();
    println!("{keys} keys each, per key. CPU in ms; KiB written: passed to write(), and to be written to the disk.\n");
    println!("| | create | process | both | x bare | calls | fsyncs | passed | to disk |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    println!("| bare | {:.2} | {:.2} | {bare:.2} | 1.0 | | | | |", cryptography[0], cryptography[1]);
    for lane in lanes {
        let [create, process] = lane.steps.each_ref().map(|step| milliseconds(step.used.cpu, keys));
        let sum = |of: fn(&Figures) -> u64| lane.steps.iter().map(of).sum::<u64>();
        let each = |sum: u64| sum as f64 / keys as f64;
        let syncs = lane.steps.each_ref().map(|step| match step.syncs {
            Some(count) => format!("{:.2}", count as f64 / KEYS as f64),
            None => "?".to_owned(),
        });
        println!(
            "| {} | {create:.2} | {process:.2} | {:.2} | {:.1} | {:.2} | {} | {:.1} | {:.1} |",
            lane.name,
            create + process,
            (create + process) / bare,
            each(sum(|step| step.calls.values().sum())),
            syncs.join(" + "),
            each(sum(|step| step.used.passed)) / 1024.0,
            each(sum(|step| step.used.written)) / 1024.0,
        );
    }
    println!("\ncalls per key:");
    for lane in lanes {
        for (name, step) in STEPS.iter().zip(&lane.steps) {
            let calls = step.calls.iter().filter(|(_, count)| **count > 0);
            let calls: Vec<_> = calls.map(|(to, count)| format!("{to} {:.2}", *count as f64 / keys as f64)).collect();
            println!("- {}, {name}: {}", lane.name, calls.join(", "));
        }
    }
}

fn milliseconds(sum: Duration, keys: usize) -> f64 {
    sum.as_secs_f64() * 1000.0 / keys as f64
}

/// Returns the numbers of calls that the sandbox received, by endpoint.
async fn calls(client: &Client) -> BTreeMap<String, u64> {
    let mut calls = BTreeMap::new();
    let tallies = client.sandbox(Method::GET, "/control/calls/summary", None).await.body;
    for tally in tallies.as_array().unwrap() {
        let endpoint = tally["endpoint"].as_str().unwrap();
        *calls.entry(endpoint.to_owned()).or_default() += tally["calls"].as_u64().unwrap();
    }
    calls
}

/// Returns the user names of those generated people to whom nothing special applies.
async fn users(base: &str) -> Vec<String> {
    let get = async |path: &str| reqwest::get(format!("{base}/control/{path}")).await.unwrap().text().await.unwrap();
    let people: Vec<Value> = serde_json::from_str(&get("people").await).unwrap();
    let names = get("people.csv?separator=semicolon").await;
    let names = names.lines().skip(1).map(|line| line.split(';').nth(1).unwrap());
    let without_mail: Vec<_> =
        people.iter().filter(|one| one["kind"] == "no_mail").map(|one| &one["user_id"]).collect();
    let usual = |one: &Value| one["kind"] == "ordinary" && !without_mail.contains(&&one["manager"]);
    names.zip(&people).filter(|(_, one)| usual(one)).map(|(name, _)| name.to_owned()).collect()
}
