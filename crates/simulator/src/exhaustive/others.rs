//! Answers that belong to another call: a proxy that mixes up connections, or a service that mixes up requests.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::ports::{Deletion, DeliveryStatus, OrderToPlace, PlacedOrder};
use keyferry_domain::{
    Account, CreationOptions, CredentialId, DeliveryId, DeliveryService, Failure, HeldMethod, IdentityProvider,
    MethodDeletion, NewCredential, Order, OrderFinding, RegisteredMethod, UserRef,
};
use keyferry_engine::{Ports, Provider, Registration, Run};
use keyferry_testkit::outside::lock;

use crate::judge::Finding;
use crate::stage::{Stage, Wanted, block_on};

/// Number of calls of each kind of which the answer is exchanged, one after the other, while the other shipment is
/// complete and while it is open.
const CALLS: usize = 4;

/// Answer that is exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mixed {
    /// The order is answered with the id of another order.
    Order,
    /// A status is that of another shipment.
    Status,
    /// Creation options are those of another user.
    CreationOptions,
}

impl fmt::Display for Mixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Order => "order",
            Self::Status => "status",
            Self::CreationOptions => "creation options",
        })
    }
}

/// Plays the story of a shipment beside another one, with each answer exchanged. Returns the number of cases in which
/// an answer was exchanged, and the findings of each case that failed.
pub fn all_mixed(seed: u64) -> (usize, Vec<(Mixed, usize, Vec<Finding>)>) {
    let kinds = [Mixed::Order, Mixed::Status, Mixed::CreationOptions];
    let cases: Vec<_> = kinds.into_iter().flat_map(|kind| (0..2 * CALLS).map(move |call| (kind, call))).collect();
    let (mut count, mut failed) = (0, Vec::new());
    for (kind, call) in cases {
        let (exchanged, findings) = block_on(play(seed, kind, call));
        count += usize::from(exchanged);
        if !findings.is_empty() {
            failed.push((kind, call, findings));
        }
    }
    (count, failed)
}

async fn play(seed: u64, kind: Mixed, call: usize) -> (bool, Vec<Finding>) {
    let (call, is_complete) = (call / 2, call.is_multiple_of(2));
    let state = Arc::new(State {
        kind,
        left: AtomicUsize::new(usize::MAX),
        other: Mutex::default(),
        exchanged: AtomicBool::new(false),
    });
    let layer = {
        let state = state.clone();
        Arc::new(move |ports| mix(ports, &state))
    };
    let stage = Stage::new(seed, 2, None).behind(layer);
    let replica = stage.replica();
    replica.order(&stage, &Wanted::new(1)).await;
    *lock(&state.other) = lock(&stage.outside.delivery).parcels.first().map(|(id, _)| id.clone());
    stage.ship_all();
    if is_complete {
        replica.engine.processing.run(Run::All).await;
    }
    state.left.store(call, Ordering::Relaxed);
    for _ in 0..3 {
        if let Some(Ok(_)) = replica.order(&stage, &Wanted::new(0)).await {
            break;
        }
        stage.outside.clock.pass(Duration::from_secs(400));
    }
    let findings = stage.finish(&replica).await;
    (state.exchanged.load(Ordering::Relaxed), findings)
}

struct State {
    kind: Mixed,
    /// Number of calls of this kind before the one that is exchanged.
    left: AtomicUsize,
    other: Mutex<Option<DeliveryId>>,
    exchanged: AtomicBool,
}

impl State {
    fn is_now(&self, kind: Mixed) -> bool {
        let next = |left: usize| (left != usize::MAX).then(|| left.checked_sub(1).unwrap_or(usize::MAX));
        let is_now = self.kind == kind && self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) == Ok(0);
        self.exchanged.fetch_or(is_now, Ordering::Relaxed);
        is_now
    }
}

fn mix(ports: Ports, state: &Arc<State>) -> Ports {
    let providers = ports.providers.map(|Provider { registration, directory }| {
        let registration = match registration {
            Registration::CreationOptions(inner) => {
                Registration::CreationOptions(Arc::new(Exchanged { state: state.clone(), inner }))
            }
            own @ Registration::Own(_) => own,
        };
        Provider { registration, directory }
    });
    let delivery_service = Arc::new(Exchanged { state: state.clone(), inner: ports.delivery_service });
    Ports { providers, delivery_service, ..ports }
}

struct Exchanged<T: ?Sized> {
    state: Arc<State>,
    inner: Arc<T>,
}

#[async_trait]
impl DeliveryService for Exchanged<dyn DeliveryService> {
    fn check(&self, order: &Order) -> Vec<OrderFinding> {
        self.inner.check(order)
    }

    async fn order(&self, order: &OrderToPlace<'_>) -> Result<PlacedOrder, Failure> {
        let placed = self.inner.order(order).await?;
        let other = lock(&self.state.other).clone();
        match other.filter(|_| self.state.is_now(Mixed::Order)) {
            Some(id) => Ok(PlacedOrder { id, ..placed }),
            None => Ok(placed),
        }
    }

    async fn status(&self, shipment: &DeliveryId) -> Result<DeliveryStatus, Failure> {
        let other = lock(&self.state.other).clone().filter(|other| other != shipment);
        match other.filter(|_| self.state.is_now(Mixed::Status)) {
            Some(other) => self.inner.status(&other).await,
            None => self.inner.status(shipment).await,
        }
    }

    async fn cancel(&self, shipment: &DeliveryId) -> Result<Deletion, Failure> {
        self.inner.cancel(shipment).await
    }
}

#[async_trait]
impl IdentityProvider for Exchanged<dyn IdentityProvider> {
    async fn creation_options(&self, user: &UserRef, lifetime: Duration) -> Result<CreationOptions, Failure> {
        let other = UserRef::Upn("person1@contoso.example".into());
        match self.state.is_now(Mixed::CreationOptions) {
            true => self.inner.creation_options(&other, lifetime).await,
            false => self.inner.creation_options(user, lifetime).await,
        }
    }

    fn max_credentials(&self) -> Option<usize> {
        self.inner.max_credentials()
    }

    async fn account(&self, user: &UserRef) -> Result<Option<Account>, Failure> {
        self.inner.account(user).await
    }

    async fn register(&self, user: &UserRef, credential: &NewCredential) -> Result<RegisteredMethod, Failure> {
        self.inner.register(user, credential).await
    }

    async fn find(&self, user: &UserRef, credential: &CredentialId) -> Result<Option<RegisteredMethod>, Failure> {
        self.inner.find(user, credential).await
    }

    async fn methods(&self, user: &UserRef) -> Result<Vec<HeldMethod>, Failure> {
        self.inner.methods(user).await
    }

    async fn delete_method(&self, user: &UserRef, method_id: &str) -> Result<MethodDeletion, Failure> {
        self.inner.delete_method(user, method_id).await
    }
}
