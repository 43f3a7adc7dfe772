//! Small world for a few shipments: one outside, several replicas, and the books of what people asked for.

mod books;
mod checks;
mod events;
mod intents;
mod orders;
mod pins;
mod replica;
mod time;
mod watch;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyferry_domain::{Aaguid, Caller, CallerId, ShipmentId};
use keyferry_engine::{EngineSettings, Ports, Run};
use keyferry_testkit::MemoryWebhooks;
use keyferry_testkit::outside::{FACTORY, MODEL, Outside, lock};

pub use self::intents::{Intents, Wanted};
pub use self::replica::Replica;
pub(crate) use self::time::block_on;
use crate::bugs::{Bug, misconfigure};
use crate::judge::{Finding, Harm};
use watch::Watch;

/// One hour.
pub const HOUR: Duration = Duration::from_secs(3600);

/// Begin of all stages.
const BEGIN: &str = "2026-06-01T12:00:00Z";

/// Time between two counts of calls.
const SLICE: Duration = Duration::from_secs(60);

/// Largest number of calls in one stretch of simulated time. More is a storm.
const STORM: usize = 20_000;

/// Small world.
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Stage {
    /// The outside parties, with their faults.
    pub outside: Arc<Outside>,
    /// What people asked for.
    pub intents: Mutex<Intents>,
    webhooks: Arc<MemoryWebhooks>,
    watch: Arc<Watch>,
    bug: Option<Bug>,
    change: fn(&mut EngineSettings),
    layer: Option<Layer>,
}

/// Layer between the outside and a replica.
pub type Layer = Arc<dyn Fn(Ports) -> Ports + Send + Sync>;

impl Stage {
    /// Creates a world with this number of users, and a bug in all of its replicas. Its time advances only within
    /// `block_on` of this module.
    pub fn new(seed: u64, users: usize, bug: Option<Bug>) -> Self {
        let outside = Arc::new(Outside::with_clock(seed, time::clock(BEGIN.parse().unwrap())));
        (0..users).for_each(|number| _ = lock(&outside.people).add(&format!("person{number}")));
        lock(&outside.records).keep_writings = true;
        let watch = Arc::new(Watch::new(&outside));
        Self { outside, intents: Mutex::default(), webhooks: Arc::default(), watch, bug, change: |_| {}, layer: None }
    }

    /// Sets how the settings of all replicas differ from the defaults.
    #[must_use]
    pub fn with(mut self, change: fn(&mut EngineSettings)) -> Self {
        self.change = change;
        self
    }

    /// Puts a layer between the outside and all replicas.
    #[must_use]
    pub fn behind(mut self, layer: Layer) -> Self {
        self.layer = Some(layer);
        self
    }

    fn settings(&self) -> EngineSettings {
        let mut settings = EngineSettings::new(FACTORY.anchors.clone());
        settings.product_aaguids.insert(29, vec![Aaguid::from_bytes(*MODEL.as_bytes())]);
        (self.change)(&mut settings);
        if let Some(bug) = self.bug {
            misconfigure(bug, &mut settings);
        }
        settings
    }

    /// Starts a replica.
    pub fn replica(&self) -> Replica {
        Replica::start(self)
    }

    /// Answer of the receiver of webhooks from now on.
    pub fn receiver_answers(&self, status: u16) {
        self.watch.receiver_answers(status);
    }

    /// Records a finding that a scene made.
    pub fn found(&self, harm: Harm, shipment: Option<ShipmentId>, text: impl Into<String>) {
        self.watch.found(harm, shipment, text);
    }

    /// Lets the time pass, and wakes what sleeps. Ends early, with a finding, if calls do not end.
    pub async fn pass(&self, time: Duration) {
        let limit = self.outside.faults.total() + STORM;
        let mut left = time;
        while !left.is_zero() {
            let slice = left.min(SLICE);
            self.outside.clock.sleep(slice).await;
            left -= slice;
            if self.outside.faults.total() > limit {
                self.found(Harm::Doubled, None, format!("{STORM} calls within {} s", time.as_secs()));
                return;
            }
        }
    }

    /// Ships all parcels that are not shipped.
    pub fn ship_all(&self) {
        let waiting = |parcel: &keyferry_testkit::outside::Parcel| parcel.made.is_none() && !parcel.deleted;
        let ids: Vec<_> = {
            let delivery = lock(&self.outside.delivery);
            delivery.parcels.iter().filter(|(_, parcel)| waiting(parcel)).map(|(id, _)| id.clone()).collect()
        };
        ids.iter().for_each(|id| self.outside.ship(id));
    }

    /// Runs over all shipments on this replica, once an hour. Ends early if the replica dies.
    pub async fn hours(&self, replica: &Replica, hours: u32) {
        for _ in 0..hours {
            self.outside.clock.pass(HOUR);
            replica.until_death(replica.engine.processing.run(Run::All)).await;
        }
    }

    /// Ends all faults, lets the replica finish what can be finished, and judges.
    pub async fn finish(&self, replica: &Replica) -> Vec<Finding> {
        self.outside.faults.heal();
        self.close(replica).await
    }

    /// Like [`Stage::finish`], with faults that do not end.
    pub async fn close(&self, replica: &Replica) -> Vec<Finding> {
        self.ship_all();
        self.hours(replica, 3).await;
        self.outside.clock.pass(2 * HOUR);
        let _ = replica.until_death(replica.engine.schedules.clean_up()).await;
        self.judge(replica).await
    }

    /// Judges what the replicas have done, from the books of the outside parties.
    pub async fn judge(&self, replica: &Replica) -> Vec<Finding> {
        let books = books::Books::read(self);
        let mut findings = orders::judge(&books);
        findings.extend(self.watch.findings());
        findings.extend(pins::judge(&books));
        findings.extend(checks::judge(&books));
        findings.extend(events::judge(&books, &self.watch.accepted()));
        if let Some(Ok(counts)) = replica.until_death(replica.engine.views.counts(&Default::default())).await {
            findings.extend(checks::counts(&books, &counts));
        }
        findings
    }
}

/// The portal that orders.
pub fn portal() -> Caller {
    Caller::application(CallerId::new("0000000a-0000-4000-8000-00000000000a"))
}

/// Another application that orders.
pub fn other_portal() -> Caller {
    Caller::application(CallerId::new("0000000b-0000-4000-8000-00000000000b"))
}
