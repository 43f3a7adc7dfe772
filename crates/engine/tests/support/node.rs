//! All ports of one running connector. When its process dies, its calls go nowhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::ports::{
    Addressing, Claim, Counts, Cursor, DeliveryStatus, EventCursor, IdempotencyRecord, OpenedCredential, OpenedPin,
    OrderToPlace, OutsideLimits, Page, PinNotice, PlacedOrder, Preparation, PreparedOrder, RecordedEvent, Reservation,
    SecretName, ShipmentFilter, ShipmentSort, StoreError, Stored, Summary, Version,
};
use keyferry_domain::{
    Change, Clock, CreationOptions, CredentialId, DeliveryId, DeliveryService, Directory, Event, Failure,
    IdempotencyStore, IdentityProvider, LeaseStore, NewCredential, ObjectId, Order, Person, PinDelivery, PinLength,
    ProviderId, RegisteredMethod, Sealer, SecretBytes, SecretStore, ShipmentId, ShipmentStore, Timestamp, UserRef,
};
use keyferry_engine::{Ports, Provider, Providers, Registration};
use tokio::sync::Notify;

use super::sealing::{ProviderSeals, sealing_provider};
use super::trouble::Seen;
use super::{Call, Trouble, World, lock};

/// The life of one process.
#[derive(Default)]
pub(crate) struct Life {
    over: AtomicBool,
    ended: Notify,
}

impl Life {
    fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
        self.ended.notify_waiters();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Returns when the process has died.
    pub(crate) async fn ended(&self) {
        while !self.is_over() {
            let ended = self.ended.notified();
            if !self.is_over() {
                ended.await;
            }
        }
    }
}

/// The provider of most tests.
pub(crate) fn provider() -> ProviderId {
    ProviderId::new("login")
}

fn with_options(node: &Arc<Node>) -> Provider {
    Provider { registration: Registration::CreationOptions(node.clone()), directory: node.clone() }
}

pub(crate) struct Node {
    world: Arc<World>,
    life: Arc<Life>,
}

impl Node {
    pub(crate) fn ports(world: &Arc<World>, life: &Arc<Life>) -> Ports {
        let node = Arc::new(Self { world: world.clone(), life: life.clone() });
        Ports {
            clock: node.clone(),
            entropy: world.chance.clone(),
            providers: Providers::new(provider(), with_options(&node)),
            delivery_service: node.clone(),
            sealer: node.clone(),
            pin_delivery: node.clone(),
            shipments: node.clone(),
            secrets: node.clone(),
            idempotency: node.clone(),
            leases: node,
        }
    }

    /// The same ports, whose orders are for the provider that seals.
    pub(crate) fn ports_of_sealing_provider(world: &Arc<World>, life: &Arc<Life>) -> Ports {
        let node = Arc::new(Self { world: world.clone(), life: life.clone() });
        let ceremony = Arc::new(ProviderSeals { node: node.clone(), books: world.enrolments.clone() });
        let seals = Provider { registration: Registration::Own(ceremony), directory: node.clone() };
        let providers = Providers::new(sealing_provider(), seals).with(provider(), with_options(&node));
        Ports { providers, ..Self::ports(world, life) }
    }

    pub(super) async fn call<T: Send, E: Seen + Send>(
        &self,
        call: Call,
        work: impl FnOnce(&World) -> Result<T, E> + Send,
    ) -> Result<T, E> {
        let world = &self.world;
        world.clock.touch();
        for _ in 0..=world.chance.below(3) {
            tokio::task::yield_now().await;
        }
        if self.life.is_over() {
            return std::future::pending().await;
        }
        match world.faults.next(call, &world.chance) {
            None => work(world),
            Some(Trouble::Refuse(kind)) => Err(E::refused(call, kind)),
            Some(Trouble::Throttle(wait)) => Err(E::later(call, 429, wait)),
            Some(Trouble::Busy(wait)) => Err(E::later(call, 503, wait)),
            Some(Trouble::Lost { done }) => {
                if done {
                    work(world)?;
                }
                Err(E::lost(call))
            }
            Some(Trouble::Hold(gate)) => {
                gate.notified().await;
                work(world)
            }
            Some(Trouble::Hang { done }) => {
                if done {
                    work(world)?;
                }
                std::future::pending().await
            }
            Some(Trouble::Crash { done }) => {
                if done {
                    let _ = work(world);
                }
                self.life.end();
                std::future::pending().await
            }
            Some(Trouble::Panic) => panic!("a defect on purpose in {call:?}"),
        }
    }
}

#[async_trait]
impl Clock for Node {
    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.world.clock.sleep(duration).await;
        if self.life.is_over() {
            std::future::pending().await
        }
    }
}

#[async_trait]
impl IdentityProvider for Node {
    async fn creation_options(&self, user: &UserRef, lifetime: Duration) -> Result<CreationOptions, Failure> {
        self.call(Call::CreationOptions, |world| {
            let (now, challenge) = (world.clock.now(), world.chance.letters(24));
            let mut people = lock(&world.people);
            people.lifetimes.push(lifetime);
            let granted = people.granted.unwrap_or(lifetime);
            people.options(user, now + granted, challenge)
        })
        .await
    }

    async fn object_id(&self, user: &UserRef) -> Result<Option<ObjectId>, Failure> {
        self.call(Call::ObjectId, |world| lock(&world.people).object_id(user)).await
    }

    async fn register(&self, user: &UserRef, credential: &NewCredential) -> Result<RegisteredMethod, Failure> {
        self.call(Call::Register, |world| lock(&world.people).register(user, credential, world.clock.now())).await
    }

    async fn find(&self, user: &UserRef, credential: &CredentialId) -> Result<Option<RegisteredMethod>, Failure> {
        self.call(Call::Find, |world| lock(&world.people).find(user, credential.as_bytes())).await
    }
}

#[async_trait]
impl Directory for Node {
    async fn person(&self, user: &UserRef) -> Result<Person, Failure> {
        self.call(Call::Person, |world| lock(&world.people).person(user)).await
    }

    async fn manager(&self, user: &UserRef) -> Result<Option<Person>, Failure> {
        self.call(Call::Manager, |world| lock(&world.people).manager(user)).await
    }
}

#[async_trait]
impl DeliveryService for Node {
    fn check(&self, _: &Order) -> Result<(), OutsideLimits> {
        Ok(())
    }

    async fn order(&self, order: &OrderToPlace<'_>) -> Result<PlacedOrder, Failure> {
        self.call(Call::Order, |world| {
            let id = lock(&world.delivery).order(order, &world.chance);
            Ok(PlacedOrder { id, correlation: Some("0rder".into()) })
        })
        .await
    }

    async fn status(&self, shipment: &DeliveryId) -> Result<DeliveryStatus, Failure> {
        self.call(Call::Status, |world| lock(&world.delivery).status(shipment)).await
    }
}

#[async_trait]
impl Sealer for Node {
    async fn prepare(&self, preparation: &Preparation<'_>) -> Result<PreparedOrder, Failure> {
        self.call(Call::Prepare, |world| Ok(lock(&world.delivery).prepare(preparation, &world.chance))).await
    }

    async fn open_credential(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
    ) -> Result<OpenedCredential, Failure> {
        let work = |world: &World| lock(&world.delivery).open_credential(request, response_key, envelope);
        self.call(Call::OpenCredential, work).await
    }

    async fn open_pin(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
        length: PinLength,
    ) -> Result<OpenedPin, Failure> {
        let work = |world: &World| lock(&world.delivery).open_pin(request, response_key, envelope, length);
        self.call(Call::OpenPin, work).await
    }
}

#[async_trait]
impl PinDelivery for Node {
    fn addressing(&self) -> Addressing {
        lock(&self.world.pins).addressing
    }

    async fn deliver(&self, notice: &PinNotice<'_>) -> Result<(), Failure> {
        self.call(Call::Deliver, |world| {
            lock(&world.pins).take(notice);
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl ShipmentStore for Node {
    async fn insert(&self, change: &Change) -> Result<Version, StoreError> {
        self.call(Call::Insert, |world| lock(&world.records).insert(change, world.clock.now())).await
    }

    async fn get(&self, id: ShipmentId) -> Result<Option<Stored>, StoreError> {
        self.call(Call::Get, |world| lock(&world.records).get(id, world.clock.now())).await
    }

    async fn find(&self, id: &DeliveryId) -> Result<Option<Stored>, StoreError> {
        self.call(Call::FindRecord, |world| Ok(lock(&world.records).find(id, world.clock.now()))).await
    }

    async fn commit(&self, change: &Change, expected: &Version) -> Result<Version, StoreError> {
        self.call(Call::Commit, |world| lock(&world.records).commit(change, expected, world.clock.now())).await
    }

    async fn query(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Summary>, StoreError> {
        self.call(Call::Query, |world| Ok(lock(&world.records).query(filter, sort, after, limit))).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.call(Call::Counts, |world| Ok(lock(&world.records).counts())).await
    }

    async fn events(&self, id: ShipmentId, after: u32, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.call(Call::Events, |world| Ok(lock(&world.records).events(id, after, limit))).await
    }

    async fn events_after(&self, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        self.call(Call::EventsAfter, |world| lock(&world.records).events_after(cursor, limit)).await
    }

    async fn claim(
        &self,
        id: ShipmentId,
        expected: &Version,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Version, StoreError> {
        self.call(Call::Claim, |world| lock(&world.records).claim(id, expected, claim, now)).await
    }

    async fn release(&self, id: ShipmentId, holder: &str) -> Result<(), StoreError> {
        self.call(Call::Release, |world| {
            lock(&world.records).release(id, holder);
            Ok(())
        })
        .await
    }

    async fn delete(&self, id: ShipmentId, expected: &Version) -> Result<(), StoreError> {
        self.call(Call::Delete, |world| lock(&world.records).delete(id, expected)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.call(Call::Ping, |_| Ok(())).await
    }
}

#[async_trait]
impl SecretStore for Node {
    async fn put(&self, name: &SecretName, value: &SecretBytes) -> Result<(), StoreError> {
        self.call(Call::PutSecret, |world| lock(&world.vault).put(name, value, world.clock.now())).await
    }

    async fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError> {
        self.call(Call::GetSecret, |world| lock(&world.vault).get(name)).await
    }

    async fn purge(&self, name: &SecretName) -> Result<(), StoreError> {
        self.call(Call::PurgeSecret, |world| {
            lock(&world.vault).purge(name.shipment());
            Ok(())
        })
        .await
    }

    async fn list(&self, after: Option<&Cursor>) -> Result<(Vec<(SecretName, Timestamp)>, Option<Cursor>), StoreError> {
        self.call(Call::ListSecrets, |world| Ok(lock(&world.vault).list(after))).await
    }
}

#[async_trait]
impl IdempotencyStore for Node {
    async fn reserve(&self, record: &IdempotencyRecord) -> Result<Reservation, StoreError> {
        self.call(Call::Reserve, |world| Ok(lock(&world.keys).reserve(record))).await
    }

    async fn take_over(&self, from: ShipmentId, to: &IdempotencyRecord) -> Result<bool, StoreError> {
        self.call(Call::TakeOver, |world| Ok(lock(&world.keys).take_over(from, to))).await
    }

    async fn release(&self, shipment: ShipmentId) -> Result<(), StoreError> {
        self.call(Call::ReleaseKey, |world| {
            lock(&world.keys).release(shipment);
            Ok(())
        })
        .await
    }

    async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.call(Call::Sweep, |world| Ok(lock(&world.keys).sweep(before))).await
    }
}

#[async_trait]
impl LeaseStore for Node {
    async fn take_lease(&self, name: &str, claim: &Claim, now: Timestamp) -> Result<bool, StoreError> {
        self.call(Call::TakeLease, |world| Ok(lock(&world.leases).take(name, claim, now))).await
    }

    async fn give_back_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.call(Call::GiveBackLease, |world| {
            lock(&world.leases).give_back(name, holder);
            Ok(())
        })
        .await
    }
}
