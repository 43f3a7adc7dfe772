//! One case from its first order to an empty database, through as many lives of the connector as it takes.

mod create;
mod person;
mod process;
mod sweep;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::json;

use crate::api::{Answer, Api};
use crate::case::{Case, Death};
use crate::checks::{Broken, Promise};
use crate::child::Spec;
use crate::database::{self, Record};
use crate::life::{Life, Stop, lock};
use crate::order::{Fate, Order};
use crate::settings;
use crate::tally::Tally;
use crate::world::World;
use keyferry_testkit::Chance;

/// Longer than any claim.
const AFTER_CLAIMS: i64 = 660;

/// What came of a case.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) kills: Vec<Kill>,
    /// Deaths that did not come about: the step was not reached (again).
    pub(crate) missed: usize,
    /// The steps that were announced in each life, with how often.
    pub(crate) announced: Vec<BTreeMap<String, u32>>,
    pub(crate) tally: Tally,
    pub(crate) broken: Vec<Broken>,
}

/// Where a kill found the process.
#[derive(Clone, Debug)]
pub(crate) struct Kill {
    /// The last step that was announced; none while it was starting.
    pub(crate) step: Option<String>,
    /// Whether it stood there.
    pub(crate) exactly: bool,
}

pub(crate) struct Voyage<'a> {
    pub(crate) case: &'a Case,
    pub(crate) world: &'a World,
    pub(crate) dir: PathBuf,
    environment: Vec<(&'static str, String)>,
    chance: Chance,
    token: String,
    /// Seconds that have passed beside the real ones.
    pub(crate) offset: i64,
    pub(crate) orders: Vec<Order>,
    /// Unconfirmed records that a person looked after, and whether they found a parcel.
    pub(crate) in_doubt: BTreeMap<String, bool>,
    /// How often a person asked for a PIN again, by our id.
    pub(crate) resends: BTreeMap<String, u32>,
    looked_early: bool,
    settled: bool,
    late: bool,
    outcome: Outcome,
}

/// Runs the case in an empty directory.
pub(crate) async fn run(case: &Case, world: &World, dir: &Path) -> Outcome {
    world.begin().await;
    std::fs::create_dir_all(dir).unwrap();
    let chance = Chance::new(case.seed);
    let mut orders: Vec<_> = (0..3).map(|number| usual_order(number, &chance)).collect();
    orders.push(Order::new(3, Fate::AnswerLost, false, true));
    orders.push(Order::new(4, Fate::Refused, true, false));
    let mut voyage = Voyage {
        case,
        world,
        dir: dir.to_owned(),
        environment: settings::environment(world, case.way, dir),
        chance,
        token: String::new(),
        offset: 0,
        orders,
        in_doubt: BTreeMap::new(),
        resends: BTreeMap::new(),
        looked_early: false,
        settled: false,
        late: false,
        outcome: Outcome::default(),
    };
    voyage.all_lives().await;
    voyage.outcome
}

/// The first ones are the same in each case, so that the same steps are reached: with and without a key, by name and by
/// id.
fn usual_order(number: usize, chance: &Chance) -> Order {
    match number {
        0 => Order::new(0, Fate::Usual, true, true),
        1 => Order::new(1, Fate::Usual, false, false),
        2 => Order::new(2, Fate::Usual, true, false),
        _ => Order::new(number, Fate::Usual, chance.percent(60), chance.percent(50)),
    }
}

impl Voyage<'_> {
    async fn all_lives(&mut self) {
        let mut deaths = self.case.deaths.iter();
        loop {
            let death = deaths.next();
            match self.live(death).await {
                Ok(()) => {
                    self.outcome.missed = deaths.count() + usize::from(death.is_some());
                    self.check_file();
                    return;
                }
                Err(Stop::Killed) => {
                    if !self.case.at_once {
                        self.world_passes(AFTER_CLAIMS).await;
                    }
                }
                Err(Stop::Broken(what)) => {
                    self.breaks(Promise::Settles, what);
                    return;
                }
            }
        }
    }

    async fn live(&mut self, death: Option<&Death>) -> Result<(), Stop> {
        self.world.clear_faults().await;
        if self.case.faults && death.is_some() {
            self.trouble().await;
        }
        let strike = match death {
            Some(Death::At(strike)) => Some(strike.clone()),
            _ => None,
        };
        let lives_before = u32::try_from(self.outcome.announced.len()).unwrap_or(u32::MAX);
        let spec = Spec { offset: self.offset, strike, lives_before, planted: self.case.planted };
        let (seen, life) = Life::start(&spec, &self.environment, &self.dir.join("log"), death).await;
        let result = match life {
            Ok(life) => {
                let result = self.sail(&life, death).await;
                life.kill();
                result
            }
            Err(stop) => Err(stop),
        };
        let seen = lock(&seen).clone();
        self.outcome.announced.push(seen.counts);
        if matches!(result, Err(Stop::Killed)) {
            self.outcome.kills.push(Kill { step: seen.last, exactly: seen.struck });
        }
        result
    }

    /// Goes on with whatever is left to do.
    async fn sail(&mut self, life: &Life, death: Option<&Death>) -> Result<(), Stop> {
        self.token = self.world.token().await;
        if self.settled {
            return self.sweep(life, death).await;
        }
        if !self.outcome.announced.is_empty() && self.case.at_once {
            self.create(life).await?;
            self.run_once(life).await?;
            self.pass(AFTER_CLAIMS, life).await?;
        }
        self.create(life).await?;
        while death.is_some() && self.case.busy {
            self.more(life).await?;
        }
        self.process(life).await?;
        self.resend(life).await?;
        self.resolve(life).await?;
        self.check(life).await?;
        if self.outcome.broken.is_empty() {
            self.settled = true;
            self.sweep(life, death).await?;
        }
        Ok(())
    }

    /// Another order, and a little of everything.
    async fn more(&mut self, life: &Life) -> Result<(), Stop> {
        if self.orders.len() < 14 {
            let order = usual_order(self.orders.len(), &self.chance);
            self.orders.push(order);
        }
        self.create(life).await?;
        self.parcels_travel().await;
        self.run_once(life).await?;
        if self.chance.percent(30) {
            self.resend(life).await?;
        }
        if self.chance.percent(20) {
            self.resolve(life).await?;
        }
        Ok(())
    }

    /// What fails now and then. Nothing of it is for good.
    async fn trouble(&mut self) {
        let likely = json!({ "probability": 0.2, "seed": self.chance.below(1 << 40) });
        for (endpoint, kind, status) in [
            ("delivery.order", "fail_after", None),
            ("delivery.order", "fail_before", Some(503)),
            ("delivery.status", "reset", None),
            ("delivery.transport_keys", "fail_before", Some(503)),
            ("graph.creation_options", "fail_before", Some(503)),
            ("graph.register", "fail_after", None),
            ("graph.method", "fail_before", Some(503)),
            ("graph.manager", "reset", None),
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

    /// Time passes while no connector lives.
    async fn world_passes(&mut self, seconds: i64) {
        self.offset += seconds;
        let step = json!({ "advance_seconds": seconds, "tokens_too": true });
        self.world.control(Method::POST, "/clock", Some(&step)).await;
    }

    /// Time passes for everybody.
    async fn pass(&mut self, seconds: i64, life: &Life) -> Result<(), Stop> {
        self.world_passes(seconds).await;
        life.set_clock(self.offset).await?;
        self.token = self.world.token().await;
        Ok(())
    }

    pub(crate) fn api(&self, life: &Life) -> Api {
        Api { http: self.world.http.clone(), base: life.api.clone(), token: self.token.clone() }
    }

    async fn call(
        &self,
        life: &Life,
        method: Method,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<Answer, Stop> {
        self.api(life).call(life, method, path, body).await
    }

    pub(crate) fn records(&self) -> Result<Vec<Record>, Stop> {
        database::records(&self.dir).map_err(|error| Stop::Broken(format!("the database cannot be read: {error}")))
    }

    pub(crate) fn breaks(&mut self, promise: Promise, what: impl Into<String>) {
        self.outcome.broken.push(Broken { promise, what: what.into() });
    }

    pub(crate) fn outcome(&mut self) -> &mut Outcome {
        &mut self.outcome
    }
}
