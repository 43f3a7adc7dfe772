//! What all rooms of the engine share: the ports, the settings, and what is under way in this process.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use keyferry_domain::ports::{SecretName, StoreError, Stored};
use keyferry_domain::{
    Common, DeliveryId, Directory, Failure, ProviderId, SecretBytes, Shipment, ShipmentId, Timestamp,
};
use opentelemetry::metrics::Meter;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ceremony::Ceremonies;
use crate::failures::findings;
use crate::metrics::Metrics;
use crate::outages::{Cooldowns, Outages};
use crate::ports::Ports;
use crate::settings::EngineSettings;

/// What all rooms share.
pub(crate) struct Context {
    pub(crate) ports: Ports,
    pub(crate) settings: Arc<EngineSettings>,
    pub(crate) ceremonies: Ceremonies,
    pub(crate) metrics: Metrics,
    /// Tells this process from the others that share its stores.
    pub(crate) replica: String,
    /// Creates under way in this process: their records are nobody else's business, however long they take.
    creating: Mutex<HashSet<ShipmentId>>,
    /// Work that shutdown waits for.
    pub(crate) tasks: TaskTracker,
    /// The outages that the last run met.
    pub(crate) outages: Outages,
    pub(crate) cooldowns: Cooldowns,
    /// Cancelled when no new work is to begin.
    pub(crate) stopping: CancellationToken,
}

impl Context {
    pub(crate) fn new(ports: Ports, settings: EngineSettings, meter: &Meter) -> Self {
        let replica = ShipmentId::new(ports.clock.now(), ports.entropy.as_ref()).to_string();
        let settings = Arc::new(settings);
        Self {
            ceremonies: Ceremonies::new(&ports, &settings),
            metrics: Metrics::new(meter),
            replica,
            ports,
            settings,
            creating: Mutex::default(),
            tasks: TaskTracker::new(),
            outages: Outages::default(),
            cooldowns: Cooldowns::default(),
            stopping: CancellationToken::new(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// An id that nothing else has.
    pub(crate) fn new_id(&self) -> ShipmentId {
        ShipmentId::new(self.now(), self.ports.entropy.as_ref())
    }

    /// The record under either id: ours or the delivery service's.
    pub(crate) async fn look_up(&self, id: &str) -> Result<Option<Stored>, StoreError> {
        if let Some(id) = ShipmentId::parse(id)
            && let Some(stored) = self.ports.shipments.get(id).await?
        {
            return Ok(Some(stored));
        }
        self.ports.shipments.find(&DeliveryId::new(id)).await
    }

    /// The shipment's secret.
    pub(crate) async fn secret(&self, shipment: &Common) -> Result<SecretBytes, Failure> {
        let id = shipment.id();
        let secret = self.ports.secrets.get(&SecretName::of(id)).await.map_err(|error| match error {
            // One damaged secret is that shipment's matter and must not stop the others.
            StoreError::Broken { .. } => findings::factory("response-key-gone", &error.to_string()),
            error => findings::store(&error),
        })?;
        secret.ok_or_else(|| findings::secret_gone(id))
    }

    /// The directory of a credential's provider.
    pub(crate) fn directory(&self, provider: &ProviderId) -> Result<&dyn Directory, Failure> {
        let found = self.ports.providers.get(provider).map(|provider| provider.directory.as_ref());
        found.ok_or_else(|| findings::unknown_provider(provider))
    }

    /// Marks a create as under way in this process, until the mark is dropped.
    pub(crate) fn begin_creating(&self, id: ShipmentId) -> Creating<'_> {
        self.creating.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        Creating(self, id)
    }

    /// Whether this process is creating the shipment right now.
    pub(crate) fn is_creating(&self, id: ShipmentId) -> bool {
        self.creating.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }
}

/// A create that is under way in this process.
pub(crate) struct Creating<'a>(&'a Context, ShipmentId);

impl Drop for Creating<'_> {
    fn drop(&mut self) {
        self.0.creating.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// The id to show a caller: the delivery service's once there is one.
pub(crate) fn shown_id(shipment: &Shipment) -> String {
    shipment.phase().delivery_id().map_or_else(|| shipment.id().to_string(), ToString::to_string)
}
