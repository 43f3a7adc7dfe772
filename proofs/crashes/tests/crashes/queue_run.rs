//! Runs one case of orders that wait in the queue: from acceptance until each has left and its sealed order is gone.

mod acts;
mod address;
mod batch;
mod books;
mod leaver;
mod lost;
mod operator;
mod pin_page;
mod returned;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use self::address::Given;
use self::pin_page::Seen;
use crate::api::{Answer, Api};
use crate::browser::Browser;
use crate::case::{Case, PlannedKill, Work};
use crate::case_run::{AFTER_CLAIMS, Kill, Outcome};
use crate::checks::{Broken, Promise};
use crate::child::Spec;
use crate::connector::{Connector, Stop, lock};
use crate::database;
use crate::order::{Order, Scenario};
use crate::settings;
use crate::world::World;

/// Longest wait for the connector, in real time. The dispatcher looks every 15 seconds if nothing wakes it.
const LONGEST: Duration = Duration::from_secs(40);

/// Seconds after which clean-up deletes a secret that is no longer needed.
const ORPHAN: i64 = 2 * 3600;

/// State "shipped" of a parcel.
const READY: i64 = 103;

pub(crate) struct QueueRun<'a> {
    case: &'a Case,
    world: &'a World,
    dir: PathBuf,
    environment: Vec<(&'static str, String)>,
    token: String,
    offset: i64,
    orders: Vec<Order>,
    /// Keyferry's ids, as the caller knows them.
    accepted: Vec<Option<String>>,
    batch: Option<String>,
    browser: Browser,
    /// Whether what precedes an act is done.
    is_prepared: bool,
    /// How far the address of each order is given.
    given: [Given; 2],
    seen: Seen,
    outcome: Outcome,
}

/// Runs the case in an empty directory.
pub(crate) async fn run(case: &Case, world: &World, dir: &Path) -> Outcome {
    world.begin().await;
    std::fs::create_dir_all(dir).unwrap();
    let orders: Vec<_> = (0..case.work.orders()).map(|number| order(case.work, number)).collect();
    let mut environment = settings::environment(world, case.pin_by, dir);
    environment.extend(settings::of_work(case.work).iter().map(|(name, value)| (*name, (*value).to_owned())));
    let mut run = QueueRun {
        case,
        world,
        dir: dir.to_owned(),
        environment,
        token: String::new(),
        offset: 0,
        accepted: vec![None; orders.len()],
        orders,
        batch: None,
        browser: Browser::new(),
        is_prepared: false,
        given: [Given::No; 2],
        seen: Seen::default(),
        outcome: Outcome::default(),
    };
    run.run_all_processes().await;
    run.outcome
}

/// Returns an order: with another person each, except of a person who leaves.
fn order(work: Work, number: usize) -> Order {
    let order = Order::new(number, Scenario::Usual, true, number == 0);
    match work {
        Work::Leaver => Order { whose: 0, by_name: number.is_multiple_of(3), is_without_address: number == 3, ..order },
        Work::Address => Order { is_without_address: true, ..order },
        _ => order,
    }
}

impl QueueRun<'_> {
    async fn run_all_processes(&mut self) {
        let mut kills = self.case.kills.iter();
        loop {
            let kill = kills.next();
            match self.run_process(kill).await {
                Ok(()) => {
                    self.outcome.missed = kills.count() + usize::from(kill.is_some());
                    return;
                }
                Err(Stop::Killed) => self.advance_world(AFTER_CLAIMS).await,
                Err(Stop::Broken(what)) => return self.breaks(Promise::Settles, what),
            }
        }
    }

    async fn run_process(&mut self, kill: Option<&PlannedKill>) -> Result<(), Stop> {
        let stop_at = match kill {
            Some(PlannedKill::AtStep(stop_at)) => Some(stop_at.clone()),
            _ => None,
        };
        let restarts = u32::try_from(self.outcome.announced.len()).unwrap_or(u32::MAX);
        let spec = Spec { offset: self.offset, stop_at, refuse_from: None, restarts, planted: self.case.planted };
        let (seen, connector) = Connector::start(&spec, &self.environment, &self.dir.join("log"), kill).await;
        let result = match connector {
            Ok(connector) => {
                let result = self.work(&connector).await;
                // A kill that comes while the harness reads the database.
                let is_killed = connector.is_killed();
                connector.kill();
                if is_killed { Err(Stop::Killed) } else { result }
            }
            Err(stop) => Err(stop),
        };
        let seen = lock(&seen).clone();
        self.outcome.announced.push(seen.counts);
        if matches!(result, Err(Stop::Killed)) {
            self.outcome.kills.push(Kill { step: seen.last, exactly: seen.stopped });
        }
        result
    }

    async fn work(&mut self, connector: &Connector) -> Result<(), Stop> {
        self.token = self.world.token().await;
        match self.case.work {
            Work::Lost => return self.lose(connector).await,
            Work::Returned => return self.take_back(connector).await,
            Work::Leaver => return self.offboard(connector).await,
            Work::Address => return self.collect_addresses(connector).await,
            Work::PinPage => return self.show_pin(connector).await,
            Work::Batch => self.roll_out(connector).await?,
            _ => self.queue(connector).await?,
        }
        self.wait_until_left(connector).await?;
        self.ship_parcels().await;
        self.check_books().await?;
        if self.case.work == Work::Batch {
            self.check_batch(connector).await?;
        }
        self.resolve(connector).await?;
        self.wait_until_unsealed(connector).await
    }

    /// Queues each order. A caller without an answer repeats the request.
    async fn queue(&mut self, connector: &Connector) -> Result<(), Stop> {
        for number in 0..self.orders.len() {
            self.queue_one(connector, number).await?;
        }
        Ok(())
    }

    async fn queue_one(&mut self, connector: &Connector, number: usize) -> Result<(), Stop> {
        let order = self.orders[number].clone();
        for _ in 0..4 {
            // Also repeated when it was accepted before: the second answer must name the same order.
            let key = order.key.as_deref();
            let answer = self.api(connector).try_call(Method::POST, "/v1/orders", key, Some(&order.body())).await;
            let Some(Answer { status, body }) = answer else { return Err(connector.stop_reason().await) };
            match status {
                202 => {
                    let id = body["id"].as_str().unwrap_or_default().to_owned();
                    let known = self.accepted[number].replace(id.clone());
                    if known.as_ref().is_some_and(|known| *known != id) {
                        self.breaks(Promise::NotOrderedTwice, format!("order {number} is {known:?} and {id}"));
                    }
                    break;
                }
                409 => self.advance(AFTER_CLAIMS, connector).await?,
                _ => return Err(Stop::Broken(format!("could not queue an order: {status} {body}"))),
            }
        }
        Ok(())
    }

    /// Waits until no order is in the queue or being sent.
    async fn wait_until_left(&mut self, connector: &Connector) -> Result<(), Stop> {
        let start = Instant::now();
        loop {
            if connector.is_killed() {
                return Err(Stop::Killed);
            }
            let records = self.records()?;
            let count = |phase: &str| records.iter().filter(|record| record.phase == phase).count();
            let (queued, submitting) = (count("queued"), count("submitting"));
            if queued == 0 && submitting == 0 {
                return Ok(());
            }
            if start.elapsed() > LONGEST {
                let errors: Vec<_> = records.iter().map(|record| (&record.phase, &record.error)).collect();
                let what = format!("{queued} orders are queued, {submitting} are being sent: {errors:?}");
                self.breaks(Promise::OrderNotLost, what);
                return Ok(());
            }
            // What a killed process was sending is found by a run.
            if queued == 0 && self.case_was_killed() {
                self.run_once(connector).await?;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn case_was_killed(&self) -> bool {
        !self.outcome.kills.is_empty()
    }

    /// Waits until no sealed order is left. What a kill left behind is deleted by clean-up.
    async fn wait_until_unsealed(&mut self, connector: &Connector) -> Result<(), Stop> {
        if self.case_was_killed() {
            self.advance(ORPHAN, connector).await?;
        }
        let start = Instant::now();
        loop {
            if connector.is_killed() {
                return Err(Stop::Killed);
            }
            let sealed = database::sealed_orders(&self.dir).map_err(unreadable)?;
            if sealed.is_empty() {
                return Ok(());
            }
            if start.elapsed() > LONGEST {
                self.breaks(Promise::CleanUpRemovesAll, format!("the sealed orders {sealed:?} are kept"));
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Ships each parcel: the sandbox reads the sealed request, with the connector's id, when it makes the key.
    async fn ship_parcels(&self) {
        for parcel in self.world.parcels().await {
            let path = format!("/parcels/{}/state", parcel["shipment_id"].as_str().unwrap());
            self.world.control(Method::POST, &path, Some(&json!({ "state_id": READY }))).await;
        }
    }

    async fn run_once(&self, connector: &Connector) -> Result<(), Stop> {
        self.call(connector, Method::POST, "/v1/operations/process-shipments", None).await?;
        Ok(())
    }

    async fn advance_world(&mut self, seconds: i64) {
        self.offset += seconds;
        let step = json!({ "advance_seconds": seconds, "tokens_too": true });
        self.world.control(Method::POST, "/clock", Some(&step)).await;
    }

    async fn advance(&mut self, seconds: i64, connector: &Connector) -> Result<(), Stop> {
        self.advance_world(seconds).await;
        connector.set_clock(self.offset).await?;
        self.token = self.world.token().await;
        Ok(())
    }

    fn api(&self, connector: &Connector) -> Api {
        Api { http: self.world.http.clone(), base: connector.api.clone(), token: self.token.clone() }
    }

    async fn call(
        &self,
        connector: &Connector,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Stop> {
        self.api(connector).call(connector, method, path, body).await
    }

    fn records(&self) -> Result<Vec<database::Record>, Stop> {
        database::records(&self.dir).map_err(unreadable)
    }

    fn breaks(&mut self, promise: Promise, what: impl Into<String>) {
        self.outcome.broken.push(Broken { promise, what: what.into() });
    }
}

fn unreadable(error: rusqlite::Error) -> Stop {
    Stop::Broken(format!("could not read the database: {error}"))
}
