//! Faults of calls.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Failure, FailureKind, Operation, Party};
use tokio::sync::Notify;

use super::lock::lock;
use crate::SeededRandom;
use crate::failures::failure as failure_of;

/// Calls of all ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    CreationOptions,
    Account,
    Register,
    Find,
    ListMethods,
    DeleteMethod,
    ListPasses,
    CreatePass,
    DeletePass,
    Person,
    Manager,
    Profile,
    Groups,
    Roles,
    Policy,
    Prepare,
    Order,
    Status,
    Cancel,
    Products,
    Inventory,
    Countries,
    ListOrders,
    ValidateAddress,
    OpenCredential,
    OpenPin,
    Enroll,
    ListEnrolments,
    Activate,
    SendPin,
    Deliver,
    TellReleased,
    MailPerson,
    Insert,
    Get,
    FindRecord,
    Query,
    Counts,
    Events,
    EventsAfter,
    Commit,
    Claim,
    Release,
    Delete,
    ProveWrite,
    Tidy,
    FindDamage,
    VerifyEvents,
    OpenCounts,
    PutSecret,
    GetSecret,
    ReplaceSecret,
    PurgeSecret,
    ListSecrets,
    Reserve,
    TakeOver,
    ReleaseKey,
    Sweep,
    TakeLease,
    GiveBackLease,
    AppendJournal,
    ReadJournal,
    InsertBatch,
    GetBatch,
    CommitBatch,
    ListBatches,
    AddRows,
    Rows,
    UpdateRows,
    ReplaceRow,
    DropOrders,
    RowCounts,
    DeleteBatch,
    InsertWebhook,
    Webhooks,
    GetWebhook,
    UpdateWebhook,
    DeleteWebhook,
    Enqueue,
    Pending,
    UpdateDelivery,
    GetDelivery,
    Deliveries,
    SweepDeliveries,
    Send,
}

impl Call {
    /// Returns the party that is called.
    pub fn party(self) -> Party {
        self.names().0
    }

    fn names(self) -> (Party, Operation) {
        use Operation as Op;
        use Party::{DeliveryService, IdentityProvider, PinDelivery, Store};
        match self {
            Self::CreationOptions => (IdentityProvider, Op::CreationOptions),
            Self::Account | Self::Person => (IdentityProvider, Op::ReadUser),
            Self::Profile => (IdentityProvider, Op::ReadProfile),
            Self::Manager => (IdentityProvider, Op::ReadManager),
            Self::Groups => (IdentityProvider, Op::ReadGroups),
            Self::Roles => (IdentityProvider, Op::ReadRoles),
            Self::Policy => (IdentityProvider, Op::ReadPolicy),
            Self::Register | Self::Activate => (IdentityProvider, Op::Register),
            Self::Find | Self::ListEnrolments => (IdentityProvider, Op::FindMethod),
            Self::ListMethods => (IdentityProvider, Op::ListMethods),
            Self::DeleteMethod => (IdentityProvider, Op::DeleteMethod),
            Self::ListPasses => (IdentityProvider, Op::ListAccessPasses),
            Self::CreatePass => (IdentityProvider, Op::CreateAccessPass),
            Self::DeletePass => (IdentityProvider, Op::DeleteAccessPass),
            Self::Enroll => (IdentityProvider, Op::CreationOptions),
            Self::SendPin => (IdentityProvider, Op::DeliverPin),
            Self::Prepare => (DeliveryService, Op::TransportKeys),
            Self::Order => (DeliveryService, Op::Order),
            Self::Status => (DeliveryService, Op::ShipmentStatus),
            Self::Cancel => (DeliveryService, Op::CancelShipment),
            Self::Products | Self::Inventory | Self::Countries => (DeliveryService, Op::ReadCatalogue),
            Self::ListOrders => (DeliveryService, Op::ListOrders),
            Self::ValidateAddress => (DeliveryService, Op::ValidateAddress),
            Self::OpenCredential | Self::OpenPin => (DeliveryService, Op::SigningKeys),
            Self::Deliver | Self::TellReleased | Self::MailPerson => (PinDelivery, Op::DeliverPin),
            _ => (Store, Op::Store),
        }
    }

    /// Returns a failure of this call.
    pub fn failure(self, kind: FailureKind) -> Failure {
        let (party, operation) = self.names();
        let message = format!("the {party} failed at {operation:?} ({kind:?})");
        failure_of(party, operation, kind, message).with_correlation("c0ffee")
    }
}

/// Fault of one call.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// The call fails without effect.
    Refuse(FailureKind),
    /// The call is throttled (429) with this wait, without effect.
    Throttle(Duration),
    /// The other side is unavailable (503) with this wait.
    Busy(Duration),
    /// The answer is lost. The call had an effect if `done`.
    Lost { done: bool },
    /// The call waits for the notification, then succeeds.
    Hold(Arc<Notify>),
    /// The call times out after this time, without effect.
    Slow(Duration),
    /// The call never returns. It had an effect if `done`.
    Hang { done: bool },
    /// The connector's process crashes, after the effect if `done`.
    Crash { done: bool },
    /// The adapter panics.
    Panic,
    /// The call succeeds after this time.
    Late(Duration),
    /// The call takes effect, and its answer cannot be understood.
    Garbled,
    /// The call takes effect, its answer is lost, and the layer below repeats it. The second answer counts.
    Twice,
    /// The answer is that of another user or parcel. Only for calls that read.
    Another,
}

/// Returns a refusal with this HTTP status.
pub fn status(status: u16) -> Trouble {
    Trouble::Refuse(FailureKind::Answered { status, code: None })
}

/// Error type of a port, by which faults are reported to the caller.
pub trait Seen {
    fn refused(call: Call, kind: FailureKind) -> Self;
    fn later(call: Call, status: u16, wait: Duration) -> Self;
    fn lost(call: Call) -> Self;
    /// Adds the number of the fault, by which a simulation finds it again.
    #[must_use]
    fn marked(self, fault: u64) -> Self;
    /// The answer of a call that took effect cannot be understood.
    fn garbled(call: Call) -> Self;
}

/// Returns the text by which a simulation finds a fault again.
pub fn mark(fault: u64) -> String {
    format!("fault-{fault}.")
}

impl Seen for Failure {
    fn refused(call: Call, kind: FailureKind) -> Self {
        call.failure(kind)
    }

    fn later(call: Call, status: u16, wait: Duration) -> Self {
        let mut failure = call.failure(FailureKind::Answered { status, code: None });
        failure.retry_after = Some(wait);
        failure
    }

    fn lost(call: Call) -> Self {
        call.failure(FailureKind::ConnectionLost).with_unknown_effect()
    }

    fn marked(self, fault: u64) -> Self {
        self.with_correlation(mark(fault))
    }

    fn garbled(call: Call) -> Self {
        call.failure(FailureKind::InvalidResponse).with_unknown_effect()
    }
}

impl Seen for StoreError {
    fn refused(call: Call, _: FailureKind) -> Self {
        Self::Unavailable(format!("{call:?} failed"))
    }

    fn later(call: Call, _: u16, _: Duration) -> Self {
        Self::Unavailable(format!("{call:?} was postponed"))
    }

    fn lost(call: Call) -> Self {
        Self::Unavailable(format!("the answer to {call:?} was lost"))
    }

    fn marked(self, fault: u64) -> Self {
        match self {
            Self::Unavailable(reason) => Self::Unavailable(format!("{reason}, {}", mark(fault))),
            other => other,
        }
    }

    fn garbled(call: Call) -> Self {
        Self::Unavailable(format!("the answer to {call:?} cannot be understood"))
    }
}

/// Number of random faults per million calls.
#[derive(Clone, Copy, Debug)]
pub struct Odds {
    pub refuse: u64,
    pub lost: u64,
    pub throttle: u64,
    pub crash: u64,
    /// Scale of the above for store calls, per million. Lower, because one failure of a store ends a run.
    pub store: u64,
}

/// Configured faults, and the journal of calls.
#[derive(Default)]
pub struct Faults {
    once: Mutex<Vec<(Call, Trouble)>>,
    at: Mutex<HashMap<usize, Trouble>>,
    total: AtomicUsize,
    always: Mutex<HashMap<Call, Trouble>>,
    odds: Mutex<Option<Odds>>,
    journal: Mutex<Vec<Call>>,
}

impl Faults {
    /// Sets a fault for the next such call.
    pub fn once(&self, call: Call, trouble: Trouble) {
        lock(&self.once).push((call, trouble));
    }

    /// Sets a fault for the call with this number, counted from 0 since the start.
    pub fn at(&self, number: usize, trouble: Trouble) {
        lock(&self.at).insert(number, trouble);
    }

    /// Returns the number of all calls since the start.
    pub fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    /// Sets a fault for every such call until `heal`.
    pub fn always(&self, call: Call, trouble: Trouble) {
        lock(&self.always).insert(call, trouble);
    }

    pub fn by_chance(&self, odds: Odds) {
        *lock(&self.odds) = Some(odds);
    }

    /// Removes all faults.
    pub fn heal(&self) {
        lock(&self.once).clear();
        lock(&self.at).clear();
        lock(&self.always).clear();
        *lock(&self.odds) = None;
    }

    pub fn next(&self, call: Call, chance: &SeededRandom) -> Option<Trouble> {
        lock(&self.journal).push(call);
        let number = self.total.fetch_add(1, Ordering::Relaxed);
        if let Some(trouble) = lock(&self.at).remove(&number) {
            return Some(trouble);
        }
        let mut once = lock(&self.once);
        if let Some(index) = once.iter().position(|(at, _)| *at == call) {
            return Some(once.remove(index).1);
        }
        if let Some(trouble) = lock(&self.always).get(&call) {
            return Some(trouble.clone());
        }
        let odds = (*lock(&self.odds))?;
        let roll = chance.below(1_000_000);
        let scale = if call.names().0 == Party::Store { odds.store } else { 1_000_000 };
        let part = |share: u64| share * scale / 1_000_000;
        let (refuse, lost) = (part(odds.refuse), part(odds.lost));
        let (throttle, crash) = (part(odds.throttle), part(odds.crash));
        let done = chance.below(2) == 0;
        match roll {
            roll if roll < refuse => Some(Trouble::Refuse(FailureKind::Answered { status: 503, code: None })),
            roll if roll < refuse + lost => Some(Trouble::Lost { done }),
            roll if roll < refuse + lost + throttle => Some(Trouble::Throttle(Duration::from_secs(30))),
            roll if roll < refuse + lost + throttle + crash => Some(Trouble::Crash { done }),
            _ => None,
        }
    }

    /// Waits until such a call was made.
    pub async fn met(&self, call: Call) {
        // All tasks run in this runtime, so a call that does not come within this number of rounds never comes.
        for _ in 0..100_000 {
            if self.count(call) > 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{call:?} was never called");
    }

    /// Returns the calls since the last call of this method.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut *lock(&self.journal))
    }

    /// Returns the number of such calls since [`Faults::calls`] was last called.
    pub fn count(&self, call: Call) -> usize {
        lock(&self.journal).iter().filter(|made| **made == call).count()
    }
}
