//! All ports of one running connector. After its process has crashed, its calls never return.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::ports::{
    AddressVerdict, Addressing, Country, Deletion, DeliveryStatus, Inventory, LinkNotice, ListedOrders, OfferedProduct,
    OpenedCredential, OpenedPin, OrderToPlace, PersonNotice, PinNotice, PlacedOrder, Preparation, PreparedOrder,
    ReleaseNotice, Told,
};
use keyferry_domain::{
    Account, Clock, CreationOptions, CredentialId, DeliveryId, DeliveryService, Directory, DirectoryEntry, Failure,
    FailureKind, FoundUser, HeldMethod, HeldPass, IdentityProvider, MailingAddress, MethodDeletion, NewCredential,
    NewPass, ObjectId, Order, OrderFinding, PasskeyPolicy, PinDelivery, PinLength, Profile, RegisteredMethod, Sealer,
    SecretBytes, ShipmentId, Timestamp, UserRef,
};

use super::books::Outside;
use super::life::Life;
use super::lock::lock;
use super::meddler::{About, Ended, Fate, Meddler};
use super::trouble::{Call, Seen, Trouble};

pub struct Node {
    pub(super) outside: Arc<Outside>,
    life: Arc<Life>,
    number: usize,
    meddler: Option<Arc<dyn Meddler>>,
}

impl Node {
    /// Returns the ports of the connector with this process.
    pub fn new(outside: &Arc<Outside>, life: &Arc<Life>) -> Arc<Self> {
        Arc::new(Self { outside: outside.clone(), life: life.clone(), number: 0, meddler: None })
    }

    /// Returns the ports of the connector with this process, whose calls `meddler` decides about.
    pub fn meddled(outside: &Arc<Outside>, life: &Arc<Life>, number: usize, meddler: Arc<dyn Meddler>) -> Arc<Self> {
        Arc::new(Self { outside: outside.clone(), life: life.clone(), number, meddler: Some(meddler) })
    }

    /// Executes one call: applies the next fault, or else runs `work` on the outside.
    pub async fn call<T: Send, E: Seen + Send>(
        &self,
        call: Call,
        work: impl Fn(&Outside) -> Result<T, E> + Send,
    ) -> Result<T, E> {
        self.call_about(call, About::Nothing, work).await
    }

    /// Executes one call about something.
    pub async fn call_about<T: Send, E: Seen + Send>(
        &self,
        call: Call,
        about: About<'_>,
        work: impl Fn(&Outside) -> Result<T, E> + Send,
    ) -> Result<T, E> {
        let outside = &self.outside;
        let Some(meddler) = &self.meddler else {
            outside.clock.touch();
            for _ in 0..=outside.chance.below(3) {
                tokio::task::yield_now().await;
            }
            if self.life.is_over() {
                return std::future::pending().await;
            }
            return self.suffer(outside.faults.next(call, &outside.chance), call, work).await;
        };
        let Fate { delay, trouble, fault } = meddler.fate(self.number, call, about);
        let number = self.number;
        let mut end = End { ended: Some(Ended::Never), tell: |ended| meddler.ended(number, call, about, fault, ended) };
        self.pass(delay).await;
        let is_injected = trouble.is_some();
        let work = move |outside: &Outside| {
            let done = work(outside);
            meddler.done(number, call, about, outside);
            done
        };
        let answer = self.suffer(trouble, call, work).await;
        self.pass(delay).await;
        end.ended = Some(if answer.is_ok() { Ended::Answered } else { Ended::Failed });
        answer.map_err(|error| match fault {
            Some((fault, _)) if is_injected => error.marked(fault),
            _ => error,
        })
    }

    /// Lets time pass, and waits while the process does not run.
    async fn pass(&self, delay: Duration) {
        if !delay.is_zero() {
            self.outside.clock.sleep(delay).await;
        }
        self.life.running(&self.outside.clock).await;
    }

    async fn suffer<T: Send, E: Seen + Send>(
        &self,
        trouble: Option<Trouble>,
        call: Call,
        work: impl Fn(&Outside) -> Result<T, E> + Send,
    ) -> Result<T, E> {
        let outside = &self.outside;
        match trouble {
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
            Some(Trouble::Another) => {
                outside.confuse(1);
                let answer = work(outside);
                outside.confuse(0);
                answer
            }
            Some(Trouble::Twice) => {
                drop(work(outside));
                work(outside)
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
            Some(Trouble::Late(time)) => {
                self.pass(time).await;
                work(outside)
            }
            Some(Trouble::Garbled) => {
                work(outside)?;
                Err(E::garbled(call))
            }
            Some(Trouble::Panic) => panic!("intentional panic in {call:?}"),
        }
    }
}

/// Reports the end of a call, also if its future is dropped.
struct End<F: FnMut(Ended)> {
    ended: Option<Ended>,
    tell: F,
}

impl<F: FnMut(Ended)> Drop for End<F> {
    fn drop(&mut self) {
        if let Some(ended) = self.ended.take() {
            (self.tell)(ended);
        }
    }
}

#[async_trait]
impl Clock for Node {
    fn now(&self) -> Timestamp {
        self.outside.clock.now() + self.life.skew()
    }

    fn monotonic(&self) -> Duration {
        self.outside.clock.monotonic()
    }

    async fn sleep(&self, duration: Duration) {
        self.outside.clock.sleep(duration).await;
        if self.meddler.is_some() {
            self.life.running(&self.outside.clock).await;
        } else if self.life.is_over() {
            std::future::pending().await
        }
    }
}

#[async_trait]
impl IdentityProvider for Node {
    async fn creation_options(&self, user: &UserRef, lifetime: Duration) -> Result<CreationOptions, Failure> {
        self.call_about(Call::CreationOptions, About::User(user), |outside| {
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
        self.call_about(Call::Account, About::User(user), |outside| lock(&outside.people).account(user)).await
    }

    async fn register(&self, user: &UserRef, credential: &NewCredential) -> Result<RegisteredMethod, Failure> {
        self.call_about(Call::Register, About::User(user), |outside| {
            lock(&outside.people).register(user, credential, outside.clock.now())
        })
        .await
    }

    async fn find(&self, user: &UserRef, credential: &CredentialId) -> Result<Option<RegisteredMethod>, Failure> {
        self.call_about(Call::Find, About::User(user), |outside| {
            lock(&outside.people).find(user, credential.as_bytes())
        })
        .await
    }

    async fn methods(&self, user: &UserRef) -> Result<Vec<HeldMethod>, Failure> {
        self.call_about(Call::ListMethods, About::User(user), |outside| lock(&outside.people).held(user)).await
    }

    async fn delete_method(&self, user: &UserRef, method_id: &str) -> Result<MethodDeletion, Failure> {
        self.call_about(Call::DeleteMethod, About::User(user), |outside| lock(&outside.people).delete(user, method_id))
            .await
    }

    async fn passkey_policy(&self) -> Result<Option<PasskeyPolicy>, Failure> {
        self.call(Call::Policy, |outside| Ok(lock(&outside.people).policy.clone())).await
    }

    async fn access_passes(&self, user: &UserRef) -> Result<Option<Vec<HeldPass>>, Failure> {
        self.call_about(Call::ListPasses, About::User(user), |outside| lock(&outside.people).passes(user).map(Some))
            .await
    }

    async fn create_access_pass(&self, user: &UserRef, lifetime: Duration) -> Result<Option<NewPass>, Failure> {
        self.call_about(Call::CreatePass, About::User(user), |outside| {
            let (now, code) = (outside.clock.now(), outside.chance.letters(8));
            lock(&outside.people).make_pass(user, code, now, now + lifetime).map(Some)
        })
        .await
    }

    async fn delete_access_pass(&self, user: &UserRef, pass_id: &str) -> Result<MethodDeletion, Failure> {
        self.call_about(Call::DeletePass, About::User(user), |outside| lock(&outside.people).delete_pass(user, pass_id))
            .await
    }
}

#[async_trait]
impl Directory for Node {
    async fn entry(&self, user: &UserRef, with_manager: bool) -> Result<DirectoryEntry, Failure> {
        let call = if with_manager { Call::Manager } else { Call::Person };
        self.call_about(call, About::User(user), |outside| lock(&outside.people).entry(user, with_manager)).await
    }

    async fn profile(&self, user: &UserRef) -> Result<Profile, Failure> {
        self.call_about(Call::Profile, About::User(user), |outside| lock(&outside.people).profile(user)).await
    }

    async fn search(&self, text: &str, limit: usize) -> Result<Vec<FoundUser>, Failure> {
        self.call(Call::Person, |outside| Ok(lock(&outside.people).search(text, limit))).await
    }

    async fn memberships(&self, user: &UserRef, groups: &[ObjectId]) -> Result<Vec<ObjectId>, Failure> {
        self.call_about(Call::Groups, About::User(user), |outside| lock(&outside.people).memberships(user, groups))
            .await
    }

    async fn privileged_roles(&self, user: &UserRef) -> Result<Vec<String>, Failure> {
        self.call_about(Call::Roles, About::User(user), |outside| lock(&outside.people).privileged_roles(user)).await
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

    async fn orders(&self, offset: u64) -> Result<Option<ListedOrders>, Failure> {
        self.call(Call::ListOrders, |outside| Ok(lock(&outside.delivery).listed(offset))).await
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
        self.call_about(Call::Order, About::Shipment(order.request), |outside| {
            let id = lock(&outside.delivery).order(order, &outside.chance);
            Ok(PlacedOrder { id, correlation: Some("0rder".into()) })
        })
        .await
    }

    async fn status(&self, shipment: &DeliveryId) -> Result<DeliveryStatus, Failure> {
        self.call_about(Call::Status, About::Parcel(shipment), |outside| lock(&outside.delivery).status(shipment)).await
    }

    async fn cancel(&self, shipment: &DeliveryId) -> Result<Deletion, Failure> {
        self.call_about(Call::Cancel, About::Parcel(shipment), |outside| Ok(lock(&outside.delivery).delete(shipment)))
            .await
    }
}

#[async_trait]
impl Sealer for Node {
    async fn prepare(&self, preparation: &Preparation<'_>) -> Result<PreparedOrder, Failure> {
        self.call_about(Call::Prepare, About::Shipment(preparation.request), |outside| {
            Ok(lock(&outside.delivery).prepare(preparation, &outside.chance))
        })
        .await
    }

    async fn open_credential(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
    ) -> Result<OpenedCredential, Failure> {
        let work = |outside: &Outside| lock(&outside.delivery).open_credential(request, response_key, envelope);
        self.call_about(Call::OpenCredential, About::Shipment(request), work).await
    }

    async fn open_pin(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
        length: PinLength,
    ) -> Result<OpenedPin, Failure> {
        let work = |outside: &Outside| lock(&outside.delivery).open_pin(request, response_key, envelope, length);
        self.call_about(Call::OpenPin, About::Shipment(request), work).await
    }
}

#[async_trait]
impl PinDelivery for Node {
    fn addressing(&self) -> Addressing {
        lock(&self.outside.pins).addressing
    }

    async fn deliver(&self, notice: &PinNotice<'_>) -> Result<(), Failure> {
        self.call_about(Call::Deliver, About::Shipment(notice.shipment), |outside| {
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

    async fn mail_person(&self, notice: &PersonNotice<'_>) -> Result<(), Failure> {
        self.call_about(Call::MailPerson, About::Shipment(notice.shipment), |outside| {
            lock(&outside.pins).take_person_mail(notice);
            Ok(())
        })
        .await
    }

    async fn tell_released(&self, notice: &ReleaseNotice<'_>) -> Result<Told, Failure> {
        if self.addressing() == Addressing::ByTheOtherSide {
            return Ok(Told::NotPossible);
        }
        self.call_about(Call::TellReleased, About::Shipment(notice.shipment), |outside| {
            lock(&outside.pins).tell(notice);
            Ok(Told::Sent)
        })
        .await
    }
}
