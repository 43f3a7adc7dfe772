//! State shared by all parts of the engine: ports, settings and the work running in this process.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use keyferry_domain::ports::{SecretName, StoreError, Stored};
use keyferry_domain::{Common, DeliveryId, Directory, Failure, ProviderId, Shipment, ShipmentId, Timestamp};
use opentelemetry::metrics::Meter;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::activity::LastRuns;
use crate::breakers::Breakers;
use crate::ceremony::Ceremonies;
use crate::eligibility::Eligibility;
use crate::events::{Announcing, Commits};
use crate::failures::findings;
use crate::metrics::Metrics;
use crate::orders::queue::Wake;
use crate::outages::{Cooldowns, Outages};
use crate::person::MailPause;
use crate::ports::Ports;
use crate::readiness::{Announced, Health, LastProof};
use crate::reconciliation;
use crate::recovery::{Ledger, OrderingHold};
use crate::settings::EngineSettings;
use crate::shipment_secret::{ShipmentSecret, Unusable};
use crate::stock;
use crate::webhooks::Released;

/// State shared by all parts of the engine.
pub(crate) struct Context {
    pub(crate) ports: Ports,
    pub(crate) settings: Arc<EngineSettings>,
    pub(crate) ceremonies: Ceremonies,
    pub(crate) eligibility: Eligibility,
    pub(crate) metrics: Metrics,
    /// Unique id of this process among the replicas that share its stores.
    pub(crate) replica: String,
    /// Orders that this process is creating. Runs of this process skip their records, however long the creation takes.
    creating: Mutex<HashSet<ShipmentId>>,
    pub(crate) ledger: Ledger,
    pub(crate) ordering: OrderingHold,
    pub(crate) queue_wake: Wake,
    /// Of the part of the batch worker that checks.
    pub(crate) check_wake: Wake,
    /// Of the part of the batch worker that feeds and cancels.
    pub(crate) feed_wake: Wake,
    /// Commits of this process.
    pub(crate) commits: Commits,
    pub(crate) released_webhooks: Released,
    pub(crate) last_proof: LastProof,
    /// Of this process.
    pub(crate) last_runs: LastRuns,
    pub(crate) announced: Announced,
    /// Stock of the organisation, as this process read it.
    pub(crate) stock: stock::Levels,
    /// Last comparison of both sides by this process.
    pub(crate) reconciliation: reconciliation::State,
    /// Tasks that shutdown waits for.
    pub(crate) tasks: TaskTracker,
    /// Outages found by the last run.
    pub(crate) outages: Outages,
    pub(crate) cooldowns: Cooldowns,
    pub(crate) breakers: Breakers,
    pub(crate) mail_pause: MailPause,
    pub(crate) health: Health,
    /// Whether this process runs processing on a schedule, and so keeps the scheduler lease if it has it.
    pub(crate) keeps_lease: AtomicBool,
    /// Cancelled at shutdown: no new work may start.
    pub(crate) stopping: CancellationToken,
}

impl Context {
    pub(crate) fn new(mut ports: Ports, settings: EngineSettings, meter: &Meter) -> Self {
        let replica = ShipmentId::new(ports.clock.now(), ports.entropy.as_ref()).to_string();
        let settings = Arc::new(settings);
        let commits = Commits::default();
        ports.shipments = Arc::new(Announcing { store: ports.shipments, commits: commits.clone() });
        Self {
            ceremonies: Ceremonies::new(&ports, &settings),
            eligibility: Eligibility::new(settings.clone()),
            metrics: Metrics::new(meter),
            replica,
            ledger: Ledger::new(ports.journal.clone()),
            ordering: OrderingHold::default(),
            queue_wake: Wake::default(),
            check_wake: Wake::default(),
            feed_wake: Wake::default(),
            commits,
            released_webhooks: Released::default(),
            last_proof: LastProof::default(),
            last_runs: LastRuns::default(),
            announced: Announced::default(),
            stock: stock::Levels::default(),
            reconciliation: reconciliation::State::default(),
            ports,
            settings,
            creating: Mutex::default(),
            tasks: TaskTracker::new(),
            outages: Outages::default(),
            cooldowns: Cooldowns::default(),
            breakers: Breakers::default(),
            mail_pause: MailPause::default(),
            health: Health::default(),
            keeps_lease: AtomicBool::new(false),
            stopping: CancellationToken::new(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// Returns a new unique id.
    pub(crate) fn new_id(&self) -> ShipmentId {
        ShipmentId::new(self.now(), self.ports.entropy.as_ref())
    }

    /// Returns the record with this id: Keyferry's or the delivery service's.
    pub(crate) async fn look_up(&self, id: &str) -> Result<Option<Stored>, StoreError> {
        if let Some(id) = ShipmentId::parse(id)
            && let Some(stored) = self.ports.shipments.get(id).await?
        {
            return Ok(Some(stored));
        }
        self.ports.shipments.find(&DeliveryId::new(id)).await
    }

    /// Reads the shipment's secret, and compares the record with it.
    ///
    /// # Errors
    /// A final failure if the record was altered since the order: then nothing may be registered or sent.
    pub(crate) async fn secret(&self, shipment: &Common) -> Result<ShipmentSecret, Failure> {
        let id = shipment.id();
        let secret = self.ports.secrets.get(&SecretName::of(id)).await.map_err(|error| match error {
            // A damaged secret affects only its shipment. Reported as a store failure, it would stop the whole run.
            StoreError::Broken { .. } | StoreError::Damaged(_) => {
                findings::factory("response-key-gone", &error.to_string())
            }
            error => findings::store(&error),
        })?;
        let secret = secret.ok_or_else(|| findings::secret_gone(id))?;
        ShipmentSecret::decode(&secret, shipment).map_err(|unusable| Self::unusable(id, &unusable))
    }

    /// Returns the failure for a secret that cannot be used for its record. Raises the alarm if the record was altered.
    pub(crate) fn unusable(id: ShipmentId, unusable: &Unusable) -> Failure {
        match unusable {
            Unusable::Newer => findings::secret_unusable(id, "it was written by a newer version of Keyferry"),
            Unusable::WithoutProof => findings::secret_unusable(id, "it does not prove which record it belongs to"),
            Unusable::Altered(facts) => {
                let failure = findings::record_altered(id, facts);
                tracing::error!(
                    shipment = %id,
                    facts = facts.join(", "),
                    remedy = failure.remedy(),
                    "record of shipment was altered outside Keyferry"
                );
                failure
            }
        }
    }

    /// Purges the secret of a shipment that can never use it again. If that fails, a clean-up does it.
    pub(crate) async fn drop_secret(&self, id: ShipmentId) {
        self.purge(&SecretName::of(id)).await;
    }

    /// Purges the queued order of a shipment that was sent or cancelled. If that fails, a clean-up does it.
    pub(crate) async fn drop_queued_order(&self, id: ShipmentId) {
        self.purge(&SecretName::of_order(id)).await;
    }

    async fn purge(&self, name: &SecretName) {
        if let Err(error) = self.ports.secrets.purge(name).await {
            tracing::warn!(secret = %name, %error, "could not purge secret; clean-up deletes it");
        }
    }

    /// Returns the directory of a credential's provider.
    pub(crate) fn directory(&self, provider: &ProviderId) -> Result<&dyn Directory, Failure> {
        let found = self.ports.providers.get(provider).map(|provider| provider.directory.as_ref());
        found.ok_or_else(|| findings::unknown_provider(provider))
    }

    /// Marks the shipment as being created by this process, until the returned guard is dropped.
    pub(crate) fn begin_creating(&self, id: ShipmentId) -> Creating<'_> {
        self.creating.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        Creating(self, id)
    }

    /// Returns whether this process is creating the shipment, or still has to record that it was accepted.
    pub(crate) fn is_creating(&self, id: ShipmentId) -> bool {
        self.ordering.is_unrecorded(id) || self.creating.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }
}

/// Guard for a shipment that this process is creating.
pub(crate) struct Creating<'a>(&'a Context, ShipmentId);

impl Drop for Creating<'_> {
    fn drop(&mut self) {
        self.0.creating.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// Returns the id shown to callers: the delivery service's id if known, else Keyferry's.
pub(crate) fn shown_id(shipment: &Shipment) -> String {
    shipment.phase().delivery_id().map_or_else(|| shipment.id().to_string(), ToString::to_string)
}
