//! All ports of one running connector. After its process has crashed, its calls never return.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::ports::{
    AddressVerdict, Addressing, Claim, Country, Counts, Cursor, Deletion, DeliveryStatus, EventChain, EventCursor,
    IdempotencyRecord, Inventory, JournalContent, JournalEntry, LinkNotice, OfferedProduct, OpenCounts,
    OpenedCredential, OpenedPin, OrderToPlace, Page, PinNotice, PlacedOrder, Preparation, PreparedOrder, RecordedEvent,
    ReleaseNotice, Reservation, SecretName, ShipmentFilter, ShipmentSort, StoreError, Stored, Summary, Told, Version,
};
use keyferry_domain::{
    Account, Change, Clock, CreationOptions, CredentialId, DeliveryId, DeliveryService, Directory, DirectoryEntry,
    Event, Failure, FailureKind, FoundUser, HeldMethod, IdempotencyStore, IdentityProvider, Journal, LeaseStore,
    MailingAddress, MethodDeletion, NewCredential, ObjectId, Order, OrderFinding, PasskeyPolicy, PinDelivery,
    PinLength, Profile, RegisteredMethod, Sealer, SecretBytes, SecretStore, ShipmentId, ShipmentStore, Timestamp,
    UserRef,
};
use tokio::sync::Notify;

use super::books::Outside;
use super::lock::lock;
use super::trouble::{Call, Seen, Trouble};

/// State of one process: running or crashed.
#[derive(Default)]
pub struct Life {
    over: AtomicBool,
    ended: Notify,
}

impl Life {
    fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
        self.ended.notify_waiters();
    }

    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Waits until the process has crashed.
    pub async fn ended(&self) {
        while !self.is_over() {
            let ended = self.ended.notified();
            if !self.is_over() {
                ended.await;
            }
        }
    }
}

pub struct Node {
    outside: Arc<Outside>,
    life: Arc<Life>,
}

impl Node {
    /// Returns the ports of the connector with this process.
    pub fn new(outside: &Arc<Outside>, life: &Arc<Life>) -> Arc<Self> {
        Arc::new(Self { outside: outside.clone(), life: life.clone() })
    }

    /// Executes one call: applies the next fault, or else runs `work` on the outside.
    pub async fn call<T: Send, E: Seen + Send>(
        &self,
        call: Call,
        work: impl FnOnce(&Outside) -> Result<T, E> + Send,
    ) -> Result<T, E> {
        let outside = &self.outside;
        outside.clock.touch();
        for _ in 0..=outside.chance.below(3) {
            tokio::task::yield_now().await;
        }
        if self.life.is_over() {
            return std::future::pending().await;
        }
        match outside.faults.next(call, &outside.chance) {
            None => work(outside),
            Some(Trouble::Refuse(kind)) => Err(E::refused(call, kind)),
            Some(Trouble::Throttle(wait)) => Err(E::later(call, 429, wait)),
            Some(Trouble::Busy(wait)) => Err(E::later(call, 503, wait)),
            Some(Trouble::Lost { done }) => {
                if done {
                    work(outside)?;
                }
                Err(E::lost(call))
            }
            Some(Trouble::Hold(gate)) => {
                gate.notified().await;
                work(outside)
            }
            Some(Trouble::Slow(time)) => {
                outside.clock.sleep(time).await;
                Err(E::refused(call, FailureKind::TimedOut))
            }
            Some(Trouble::Hang { done }) => {
                if done {
                    work(outside)?;
                }
                std::future::pending().await
            }
            Some(Trouble::Crash { done }) => {
                if done {
                    let _ = work(outside);
                }
                self.life.end();
                std::future::pending().await
            }
            Some(Trouble::Panic) => panic!("intentional panic in {call:?}"),
        }
    }
}

#[async_trait]
impl Clock for Node {
    fn now(&self) -> Timestamp {
        self.outside.clock.now()
    }

    fn monotonic(&self) -> Duration {
        self.outside.clock.monotonic()
    }

    async fn sleep(&self, duration: Duration) {
        self.outside.clock.sleep(duration).await;
        if self.life.is_over() {
            std::future::pending().await
        }
    }
}

#[async_trait]
impl IdentityProvider for Node {
    async fn creation_options(&self, user: &UserRef, lifetime: Duration) -> Result<CreationOptions, Failure> {
        self.call(Call::CreationOptions, |outside| {
            let (now, challenge) = (outside.clock.now(), outside.chance.letters(24));
            let mut people = lock(&outside.people);
            people.lifetimes.push(lifetime);
            let granted = people.granted.unwrap_or(lifetime);
            people.options(user, now + granted, challenge)
        })
        .await
    }

    fn max_credentials(&self) -> Option<usize> {
        lock(&self.outside.people).max_credentials
    }

    async fn account(&self, user: &UserRef) -> Result<Option<Account>, Failure> {
        self.call(Call::Account, |outside| lock(&outside.people).account(user)).await
    }

    async fn register(&self, user: &UserRef, credential: &NewCredential) -> Result<RegisteredMethod, Failure> {
        self.call(Call::Register, |outside| lock(&outside.people).register(user, credential, outside.clock.now())).await
    }

    async fn find(&self, user: &UserRef, credential: &CredentialId) -> Result<Option<RegisteredMethod>, Failure> {
        self.call(Call::Find, |outside| lock(&outside.people).find(user, credential.as_bytes())).await
    }

    async fn methods(&self, user: &UserRef) -> Result<Vec<HeldMethod>, Failure> {
        self.call(Call::ListMethods, |outside| lock(&outside.people).held(user)).await
    }

    async fn delete_method(&self, user: &UserRef, method_id: &str) -> Result<MethodDeletion, Failure> {
        self.call(Call::DeleteMethod, |outside| lock(&outside.people).delete(user, method_id)).await
    }

    async fn passkey_policy(&self) -> Result<Option<PasskeyPolicy>, Failure> {
        self.call(Call::Policy, |outside| Ok(lock(&outside.people).policy.clone())).await
    }
}

#[async_trait]
impl Directory for Node {
    async fn entry(&self, user: &UserRef, with_manager: bool) -> Result<DirectoryEntry, Failure> {
        let call = if with_manager { Call::Manager } else { Call::Person };
        self.call(call, |outside| lock(&outside.people).entry(user, with_manager)).await
    }

    async fn profile(&self, user: &UserRef) -> Result<Profile, Failure> {
        self.call(Call::Profile, |outside| lock(&outside.people).profile(user)).await
    }

    async fn search(&self, text: &str, limit: usize) -> Result<Vec<FoundUser>, Failure> {
        self.call(Call::Person, |outside| Ok(lock(&outside.people).search(text, limit))).await
    }

    async fn memberships(&self, user: &UserRef, groups: &[ObjectId]) -> Result<Vec<ObjectId>, Failure> {
        self.call(Call::Groups, |outside| lock(&outside.people).memberships(user, groups)).await
    }

    async fn privileged_roles(&self, user: &UserRef) -> Result<Vec<String>, Failure> {
        self.call(Call::Roles, |outside| lock(&outside.people).privileged_roles(user)).await
    }
}

#[async_trait]
impl DeliveryService for Node {
    fn check(&self, order: &Order) -> Vec<OrderFinding> {
        lock(&self.outside.delivery).limits.map(|limits| limits(order)).unwrap_or_default()
    }

    async fn products(&self) -> Result<Option<Vec<OfferedProduct>>, Failure> {
        self.call(Call::Products, |outside| Ok(lock(&outside.delivery).products.clone())).await
    }

    async fn inventory(&self) -> Result<Option<Vec<Inventory>>, Failure> {
        self.call(Call::Inventory, |outside| Ok(lock(&outside.delivery).inventory.clone())).await
    }

    async fn countries(&self) -> Result<Option<Vec<Country>>, Failure> {
        self.call(Call::Countries, |outside| Ok(lock(&outside.delivery).countries.clone())).await
    }

    async fn validate_address(&self, address: &MailingAddress) -> Result<Option<AddressVerdict>, Failure> {
        self.call(Call::ValidateAddress, |outside| {
            let delivery = lock(&outside.delivery);
            let verdict = delivery.verdicts.get(&address.street_line1).cloned();
            Ok(delivery.validates.then(|| verdict.unwrap_or(AddressVerdict::Deliverable)))
        })
        .await
    }

    async fn order(&self, order: &OrderToPlace<'_>) -> Result<PlacedOrder, Failure> {
        self.call(Call::Order, |outside| {
            let id = lock(&outside.delivery).order(order, &outside.chance);
            Ok(PlacedOrder { id, correlation: Some("0rder".into()) })
        })
        .await
    }

    async fn status(&self, shipment: &DeliveryId) -> Result<DeliveryStatus, Failure> {
        self.call(Call::Status, |outside| lock(&outside.delivery).status(shipment)).await
    }

    async fn cancel(&self, shipment: &DeliveryId) -> Result<Deletion, Failure> {
        self.call(Call::Cancel, |outside| Ok(lock(&outside.delivery).delete(shipment))).await
    }
}

#[async_trait]
impl Sealer for Node {
    async fn prepare(&self, preparation: &Preparation<'_>) -> Result<PreparedOrder, Failure> {
        self.call(Call::Prepare, |outside| Ok(lock(&outside.delivery).prepare(preparation, &outside.chance))).await
    }

    async fn open_credential(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
    ) -> Result<OpenedCredential, Failure> {
        let work = |outside: &Outside| lock(&outside.delivery).open_credential(request, response_key, envelope);
        self.call(Call::OpenCredential, work).await
    }

    async fn open_pin(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
        length: PinLength,
    ) -> Result<OpenedPin, Failure> {
        let work = |outside: &Outside| lock(&outside.delivery).open_pin(request, response_key, envelope, length);
        self.call(Call::OpenPin, work).await
    }
}

#[async_trait]
impl PinDelivery for Node {
    fn addressing(&self) -> Addressing {
        lock(&self.outside.pins).addressing
    }

    async fn deliver(&self, notice: &PinNotice<'_>) -> Result<(), Failure> {
        self.call(Call::Deliver, |outside| {
            let mut pins = lock(&outside.pins);
            if pins.unanswered.contains(&notice.shipment) {
                return Err(Call::Deliver.failure(FailureKind::Answered { status: 502, code: None }));
            }
            pins.take(notice);
            Ok(())
        })
        .await
    }

    async fn deliver_link(&self, notice: &LinkNotice<'_>) -> Result<(), Failure> {
        self.call(Call::Deliver, |outside| {
            lock(&outside.pins).take_link(notice);
            Ok(())
        })
        .await
    }

    async fn tell_released(&self, notice: &ReleaseNotice<'_>) -> Result<Told, Failure> {
        if self.addressing() == Addressing::ByTheOtherSide {
            return Ok(Told::NotPossible);
        }
        self.call(Call::TellReleased, |outside| {
            lock(&outside.pins).tell(notice);
            Ok(Told::Sent)
        })
        .await
    }
}

#[async_trait]
impl ShipmentStore for Node {
    async fn insert(&self, change: &Change) -> Result<Version, StoreError> {
        self.call(Call::Insert, |outside| lock(&outside.records).insert(change, outside.clock.now())).await
    }

    async fn get(&self, id: ShipmentId) -> Result<Option<Stored>, StoreError> {
        self.call(Call::Get, |outside| lock(&outside.records).get(id, outside.clock.now())).await
    }

    async fn find(&self, id: &DeliveryId) -> Result<Option<Stored>, StoreError> {
        self.call(Call::FindRecord, |outside| Ok(lock(&outside.records).find(id, outside.clock.now()))).await
    }

    async fn commit(&self, change: &Change, expected: &Version) -> Result<Version, StoreError> {
        self.call(Call::Commit, |outside| lock(&outside.records).commit(change, expected, outside.clock.now())).await
    }

    async fn query(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Summary>, StoreError> {
        self.call(Call::Query, |outside| Ok(lock(&outside.records).query(filter, sort, after, limit))).await
    }

    async fn counts(&self, filter: &ShipmentFilter) -> Result<Counts, StoreError> {
        self.call(Call::Counts, |outside| Ok(lock(&outside.records).counts(filter))).await
    }

    async fn events(&self, id: ShipmentId, after: u32, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.call(Call::Events, |outside| Ok(lock(&outside.records).events(id, after, limit))).await
    }

    async fn events_after(&self, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        self.call(Call::EventsAfter, |outside| lock(&outside.records).events_after(cursor, limit)).await
    }

    async fn claim(
        &self,
        id: ShipmentId,
        expected: &Version,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Version, StoreError> {
        self.call(Call::Claim, |outside| lock(&outside.records).claim(id, expected, claim, now)).await
    }

    async fn release(&self, id: ShipmentId, holder: &str) -> Result<(), StoreError> {
        self.call(Call::Release, |outside| {
            lock(&outside.records).release(id, holder);
            Ok(())
        })
        .await
    }

    async fn delete(&self, id: ShipmentId, expected: &Version) -> Result<(), StoreError> {
        self.call(Call::Delete, |outside| lock(&outside.records).delete(id, expected)).await
    }

    async fn prove_write(&self) -> Result<(), StoreError> {
        self.call(Call::ProveWrite, |_| Ok(())).await
    }

    async fn tidy(&self) -> Result<(), StoreError> {
        self.call(Call::Tidy, |_| Ok(())).await
    }

    async fn find_damage(&self) -> Result<Vec<String>, StoreError> {
        self.call(Call::FindDamage, |outside| Ok(lock(&outside.damage).findings.clone())).await
    }

    async fn verify_events(&self) -> Result<Option<EventChain>, StoreError> {
        self.call(Call::VerifyEvents, |outside| Ok(lock(&outside.damage).events.clone())).await
    }

    async fn open_counts(&self) -> Result<Option<OpenCounts>, StoreError> {
        self.call(Call::OpenCounts, |outside| Ok(lock(&outside.damage).open_counts)).await
    }
}

#[async_trait]
impl Journal for Node {
    async fn append(&self, entry: &JournalEntry) -> Result<(), StoreError> {
        self.call(Call::AppendJournal, |outside| {
            lock(&outside.journal).push(entry.clone());
            Ok(())
        })
        .await
    }

    async fn read(&self) -> Result<JournalContent, StoreError> {
        self.call(Call::ReadJournal, |outside| {
            Ok(JournalContent { entries: lock(&outside.journal).clone(), unreadable: Vec::new() })
        })
        .await
    }
}

#[async_trait]
impl SecretStore for Node {
    async fn put(&self, name: &SecretName, value: &SecretBytes) -> Result<(), StoreError> {
        self.call(Call::PutSecret, |outside| lock(&outside.vault).put(name, value, outside.clock.now())).await
    }

    async fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError> {
        self.call(Call::GetSecret, |outside| lock(&outside.vault).get(name)).await
    }

    async fn replace(&self, name: &SecretName, from: &SecretBytes, to: &SecretBytes) -> Result<(), StoreError> {
        self.call(Call::ReplaceSecret, |outside| lock(&outside.vault).replace(name, from, to)).await
    }

    async fn purge(&self, name: &SecretName) -> Result<(), StoreError> {
        self.call(Call::PurgeSecret, |outside| {
            lock(&outside.vault).purge(name);
            Ok(())
        })
        .await
    }

    async fn list(&self, after: Option<&Cursor>) -> Result<(Vec<(SecretName, Timestamp)>, Option<Cursor>), StoreError> {
        self.call(Call::ListSecrets, |outside| Ok(lock(&outside.vault).list(after))).await
    }
}

#[async_trait]
impl IdempotencyStore for Node {
    async fn reserve(&self, record: &IdempotencyRecord) -> Result<Reservation, StoreError> {
        self.call(Call::Reserve, |outside| Ok(lock(&outside.keys).reserve(record))).await
    }

    async fn take_over(&self, from: ShipmentId, to: &IdempotencyRecord) -> Result<bool, StoreError> {
        self.call(Call::TakeOver, |outside| Ok(lock(&outside.keys).take_over(from, to))).await
    }

    async fn release(&self, shipment: ShipmentId) -> Result<(), StoreError> {
        self.call(Call::ReleaseKey, |outside| {
            lock(&outside.keys).release(shipment);
            Ok(())
        })
        .await
    }

    async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.call(Call::Sweep, |outside| Ok(lock(&outside.keys).sweep(before))).await
    }
}

#[async_trait]
impl LeaseStore for Node {
    async fn take_lease(&self, name: &str, claim: &Claim, now: Timestamp) -> Result<bool, StoreError> {
        self.call(Call::TakeLease, |outside| Ok(lock(&outside.leases).take(name, claim, now))).await
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.call(Call::GiveBackLease, |outside| {
            lock(&outside.leases).give_back(name, holder);
            Ok(())
        })
        .await
    }

    /// Only pages read leases, so no fault is applied.
    async fn lease(&self, name: &str) -> Result<Option<Claim>, StoreError> {
        Ok(lock(&self.outside.leases).get(name))
    }
}
