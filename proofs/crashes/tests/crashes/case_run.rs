//! Runs one case from the first order to an empty database, with as many connector processes as needed.

mod create;
mod disk;
mod operator;
mod process;
mod sweep;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::json;

pub(crate) use self::disk::SmallDisk;
use crate::api::{Answer, Api};
use crate::case::{Case, PlannedKill};
use crate::checks::{Broken, Promise};
use crate::child::{Refusal, Spec};
use crate::connector::{Connector, Stop, lock};
use crate::database::{self, Record};
use crate::order::{Order, Scenario};
use crate::settings;
use crate::tally::Tally;
use crate::world::World;
use keyferry_testkit::SeededRandom;

/// Seconds after which any claim has expired.
pub(crate) const AFTER_CLAIMS: i64 = 660;

/// The result of a case.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) kills: Vec<Kill>,
    /// Number of planned kills that did not happen, because the step was not reached (again).
    pub(crate) missed: usize,
    /// The announced steps of each process, with their counts.
    pub(crate) announced: Vec<BTreeMap<String, u32>>,
    pub(crate) tally: Tally,
    pub(crate) broken: Vec<Broken>,
}

/// A kill, and how far the process had come.
#[derive(Clone, Debug)]
pub(crate) struct Kill {
    /// The last announced step; `None` during start.
    pub(crate) step: Option<String>,
    /// Whether the process was stopped at this step.
    pub(crate) exactly: bool,
}

pub(crate) struct CaseRun<'a> {
    pub(crate) case: &'a Case,
    pub(crate) world: &'a World,
    pub(crate) dir: PathBuf,
    environment: Vec<(&'static str, String)>,
    chance: SeededRandom,
    token: String,
    /// Offset of the clock to the real time, in seconds.
    pub(crate) offset: i64,
    pub(crate) orders: Vec<Order>,
    /// Unconfirmed records that the operator resolved, and whether there was a parcel.
    pub(crate) resolved: BTreeMap<String, bool>,
    /// Number of resends, by Keyferry's id.
    pub(crate) resends: BTreeMap<String, u32>,
    ran_before_shipping: bool,
    settled: bool,
    late: bool,
    disk: Option<SmallDisk>,
    /// Lock file of the data directory, held as another process holds it.
    company: Option<File>,
    outcome: Outcome,
}

/// Runs the case in an empty directory.
pub(crate) async fn run(case: &Case, world: &World, dir: &Path) -> Outcome {
    world.begin().await;
    std::fs::create_dir_all(dir).unwrap();
    let chance = SeededRandom::new(case.seed);
    let mut orders: Vec<_> = (0..3).map(|number| usual_order(number, &chance)).collect();
    orders.push(Order::new(3, Scenario::AnswerLost, false, true));
    orders.push(Order::new(4, Scenario::Refused, true, false));
    let mut case_run = CaseRun {
        case,
        world,
        dir: dir.to_owned(),
        environment: settings::environment(world, case.pin_by, dir),
        chance,
        token: String::new(),
        offset: 0,
        orders,
        resolved: BTreeMap::new(),
        resends: BTreeMap::new(),
        ran_before_shipping: false,
        settled: false,
        late: false,
        disk: small_disk(case, dir),
        company: None,
        outcome: Outcome::default(),
    };
    case_run.run_all_processes().await;
    case_run.outcome
}

/// Mounts a small file system for the data directory if the case fills it.
fn small_disk(case: &Case, dir: &Path) -> Option<SmallDisk> {
    let is_filled =
        |kill: &PlannedKill| matches!(kill, PlannedKill::Refused { from, .. } if from.by == Refusal::FullDisk);
    case.kills.iter().any(is_filled).then(|| SmallDisk::mount(&database::folder(dir)).unwrap())
}

/// Ends the process after the API has answered, if the store refused a write.
fn end_if_refused(connector: &Connector) -> Result<(), Stop> {
    if connector.is_refused() {
        connector.kill();
        return Err(Stop::Killed);
    }
    Ok(())
}

/// Returns an order. The first three are the same in each case, so that each case reaches the same steps: with and
/// without an idempotency key, user by name and by id.
fn usual_order(number: usize, chance: &SeededRandom) -> Order {
    match number {
        0 => Order::new(0, Scenario::Usual, true, true),
        1 => Order::new(1, Scenario::Usual, false, false),
        2 => Order::new(2, Scenario::Usual, true, false),
        _ => Order::new(number, Scenario::Usual, chance.percent(60), chance.percent(50)),
    }
}

impl CaseRun<'_> {
    async fn run_all_processes(&mut self) {
        self.advance_world(self.case.clock).await;
        let mut kills = self.case.kills.iter();
        loop {
            let kill = kills.next();
            match self.run_process(kill).await {
                Ok(()) => {
                    self.outcome.missed = kills.count() + usize::from(kill.is_some());
                    self.check_file();
                    return;
                }
                Err(Stop::Killed) => {
                    if self.outcome.announced.len() == 1 {
                        self.advance_world(-self.case.clock).await;
                    }
                    if self.case.accompanied && self.company.is_none() {
                        self.company = Some(database::accompany(&self.dir));
                    }
                    self.disk.iter().for_each(SmallDisk::free);
                    if !self.case.restarted_at_once {
                        self.advance_world(AFTER_CLAIMS).await;
                    }
                }
                Err(Stop::Broken(what)) => {
                    self.breaks(Promise::Settles, what);
                    return;
                }
            }
        }
    }

    async fn run_process(&mut self, kill: Option<&PlannedKill>) -> Result<(), Stop> {
        self.world.clear_faults().await;
        if self.case.faults && kill.is_some() {
            self.set_random_faults().await;
        }
        let stop_at = match kill {
            Some(PlannedKill::AtStep(stop_at)) => Some(stop_at.clone()),
            _ => None,
        };
        let restarts = u32::try_from(self.outcome.announced.len()).unwrap_or(u32::MAX);
        let mut environment = self.environment.clone();
        let refuse_from = match kill {
            Some(PlannedKill::Refused { from, .. }) => {
                settings::without_clean_up(&mut environment);
                Some(from.clone())
            }
            _ => None,
        };
        let spec = Spec { offset: self.offset, stop_at, refuse_from, restarts, planted: self.case.planted };
        let (seen, connector) = Connector::start(&spec, &environment, &self.dir.join("log"), kill).await;
        let result = match connector {
            Ok(connector) => {
                let result = self.work(&connector, kill).await;
                // While the store refuses writes, calls fail.
                let is_refused = connector.is_refused() && matches!(result, Err(Stop::Broken(_)));
                connector.kill();
                if is_refused { Err(Stop::Killed) } else { result }
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

    /// Does everything that is left to do, and checks the promises.
    async fn work(&mut self, connector: &Connector, kill: Option<&PlannedKill>) -> Result<(), Stop> {
        self.token = self.world.token().await;
        if self.settled {
            return self.sweep(connector, kill).await;
        }
        if !self.outcome.announced.is_empty() && self.case.restarted_at_once {
            self.create(connector).await?;
            self.run_once(connector).await?;
            self.advance(AFTER_CLAIMS, connector).await?;
        }
        self.create(connector).await?;
        while kill.is_some() && self.case.busy {
            self.busy_step(connector).await?;
        }
        self.process(connector).await?;
        self.resend(connector).await?;
        self.resolve(connector).await?;
        self.check(connector).await?;
        if self.outcome.broken.is_empty() {
            self.settled = true;
            self.sweep(connector, kill).await?;
        }
        Ok(())
    }

    /// Adds an order, processes, and sometimes resends or resolves.
    async fn busy_step(&mut self, connector: &Connector) -> Result<(), Stop> {
        if self.orders.len() < 14 {
            let order = usual_order(self.orders.len(), &self.chance);
            self.orders.push(order);
        }
        self.create(connector).await?;
        self.ship_parcels().await;
        self.run_once(connector).await?;
        if self.chance.percent(30) {
            self.resend(connector).await?;
        }
        if self.chance.percent(20) {
            self.resolve(connector).await?;
        }
        Ok(())
    }

    /// Sets random temporary faults in the sandbox.
    async fn set_random_faults(&mut self) {
        let likely = json!({ "probability": 0.2, "seed": self.chance.below(1 << 40) });
        for (endpoint, kind, status) in [
            ("delivery.order", "fail_after", None),
            ("delivery.order", "fail_before", Some(503)),
            ("delivery.status", "reset", None),
            ("delivery.transport_keys", "fail_before", Some(503)),
            ("graph.creation_options", "fail_before", Some(503)),
            ("graph.register", "fail_after", None),
            ("graph.method", "fail_before", Some(503)),
            ("graph.user", "reset", None),
            ("graph.send_mail", "fail_after", None),
            ("logic_app", "fail_after", None),
            ("smtp", "fail_before", Some(451)),
        ] {
            if self.chance.percent(50) {
                let mut fault = likely.clone();
                fault["endpoint"] = json!(endpoint);
                fault["kind"] = json!(kind);
                if let Some(status) = status {
                    fault["status"] = json!(status);
                }
                self.world.set_fault(&fault).await;
            }
        }
    }

    /// Advances the clock while no connector is running.
    async fn advance_world(&mut self, seconds: i64) {
        self.offset += seconds;
        let step = json!({ "advance_seconds": seconds, "tokens_too": true });
        self.world.control(Method::POST, "/clock", Some(&step)).await;
    }

    /// Advances the clock of sandbox and connector.
    async fn advance(&mut self, seconds: i64, connector: &Connector) -> Result<(), Stop> {
        self.advance_world(seconds).await;
        connector.set_clock(self.offset).await?;
        self.token = self.world.token().await;
        Ok(())
    }

    pub(crate) fn api(&self, connector: &Connector) -> Api {
        Api { http: self.world.http.clone(), base: connector.api.clone(), token: self.token.clone() }
    }

    async fn call(
        &self,
        connector: &Connector,
        method: Method,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<Answer, Stop> {
        self.api(connector).call(connector, method, path, body).await
    }

    pub(crate) fn records(&self) -> Result<Vec<Record>, Stop> {
        database::records(&self.dir).map_err(|error| Stop::Broken(format!("could not read the database: {error}")))
    }

    pub(crate) fn breaks(&mut self, promise: Promise, what: impl Into<String>) {
        self.outcome.broken.push(Broken { promise, what: what.into() });
    }

    pub(crate) fn outcome(&mut self) -> &mut Outcome {
        &mut self.outcome
    }
}
