//! The engine: ports, settings, and what is under way in this process.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use keyferry_domain::ports::{StoreError, Stored};
use keyferry_domain::{
    Clock, Directory, Entropy, Failure, FailureKind, Fulfilment, FulfilmentId, IdempotencyStore, IdentityProvider,
    LeaseStore, Operation, Party, PinDelivery, SecretStore, Shipment, ShipmentId, ShipmentStore, Timestamp,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{EngineSettings, RunReport};

/// The outside, as the engine sees it.
#[expect(missing_docs, reason = "each is documented at its trait")]
#[derive(Clone)]
pub struct Ports {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub identity: Arc<dyn IdentityProvider>,
    pub directory: Arc<dyn Directory>,
    pub fulfilment: Arc<dyn Fulfilment>,
    pub pin_delivery: Arc<dyn PinDelivery>,
    pub shipments: Arc<dyn ShipmentStore>,
    pub secrets: Arc<dyn SecretStore>,
    pub idempotency: Arc<dyn IdempotencyStore>,
    pub leases: Arc<dyn LeaseStore>,
}

/// The flow. Cheap to clone: all clones are one engine.
#[derive(Clone)]
pub struct Engine {
    pub(crate) ports: Arc<Ports>,
    pub(crate) settings: Arc<EngineSettings>,
    /// Tells this process from the others that share its stores.
    pub(crate) replica: String,
    /// Creates under way in this process: their records are nobody else's business, however long they take.
    pub(crate) creating: Arc<Mutex<HashSet<ShipmentId>>>,
    /// Work that shutdown waits for.
    pub(crate) tasks: TaskTracker,
    /// The run under way, if any.
    pub(crate) run: Arc<Mutex<Option<watch::Receiver<bool>>>>,
    /// What the last run found to be nobody's shipment.
    pub(crate) stops: Arc<Mutex<BTreeMap<Party, String>>>,
    /// Until when a party asked to be left alone.
    pub(crate) pauses: Arc<Mutex<BTreeMap<Party, Timestamp>>>,
    /// Cancelled when no new work is to begin.
    pub(crate) stopping: CancellationToken,
    /// What the last whole run did.
    pub(crate) last_report: Arc<Mutex<Option<RunReport>>>,
}

impl Engine {
    /// Puts the engine together. Nothing runs yet.
    pub fn new(ports: Ports, settings: EngineSettings) -> Self {
        let replica = ShipmentId::new(ports.clock.now(), ports.entropy.as_ref()).to_string();
        Self {
            replica,
            ports: Arc::new(ports),
            settings: Arc::new(settings),
            creating: Arc::default(),
            tasks: TaskTracker::new(),
            run: Arc::default(),
            stops: Arc::default(),
            pauses: Arc::default(),
            stopping: CancellationToken::new(),
            last_report: Arc::default(),
        }
    }

    /// Whether the stores answer.
    ///
    /// # Errors
    /// What the store says.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.ports.shipments.ping().await
    }

    /// Takes no new work and waits for what is under way.
    pub async fn shut_down(&self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// The record under either id: ours or the delivery service's.
    pub(crate) async fn look_up(&self, id: &str) -> Result<Option<Stored>, StoreError> {
        if let Some(id) = ShipmentId::parse(id)
            && let Some(stored) = self.ports.shipments.get(id).await?
        {
            return Ok(Some(stored));
        }
        self.ports.shipments.find(&FulfilmentId::new(id)).await
    }

    /// Whether this process is creating the shipment right now.
    pub(crate) fn is_creating(&self, id: ShipmentId) -> bool {
        self.creating.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }
}

/// A store's error as a failure of an operation.
pub(crate) fn store_failure(error: &StoreError) -> Failure {
    Failure::new(Party::Store, Operation::Store, FailureKind::Found("store"), error.to_string())
}

/// The id to show a caller: the delivery service's once there is one.
pub(crate) fn shown_id(shipment: &Shipment) -> String {
    shipment.phase().fulfilment_id().map_or_else(|| shipment.id().to_string(), ToString::to_string)
}
