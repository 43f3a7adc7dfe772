//! Observes calls at the outside, below the planted bug, where what happens at that moment decides.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use keyferry_domain::ports::{
    Addressing, Deletion, DeliveryStatus, LinkNotice, OrderToPlace, PersonNotice, PinNotice, PlacedOrder,
    ReleaseNotice, Told, WebhookMessage,
};
use keyferry_domain::{
    Attempt, AttemptOutcome, DeliveryId, DeliveryService, Failure, Order, OrderFinding, PinDelivery, SecretBytes,
    ShipmentId, Timestamp, WebhookSender,
};
use keyferry_testkit::Receivers;
use keyferry_testkit::outside::{Node, Outside, lock};

use crate::judge::{Finding, Harm};

/// Time after the first PIN after which only a caller with a right of its own may have it sent again.
const WINDOW: TimeDelta = TimeDelta::days(30);

/// Observer of all replicas.
pub(super) struct Watch {
    outside: Arc<Outside>,
    receivers: Receivers,
    status: AtomicU16,
    findings: Mutex<Vec<Finding>>,
    accepted: Mutex<Vec<String>>,
    first_pin: Mutex<BTreeMap<ShipmentId, Timestamp>>,
}

impl Watch {
    pub(super) fn new(outside: &Arc<Outside>) -> Self {
        Self {
            outside: outside.clone(),
            receivers: Receivers::default(),
            status: AtomicU16::new(200),
            findings: Mutex::default(),
            accepted: Mutex::default(),
            first_pin: Mutex::default(),
        }
    }

    pub(super) fn receiver_answers(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    pub(super) fn found(&self, harm: Harm, shipment: Option<ShipmentId>, text: impl Into<String>) {
        lock(&self.findings).push(Finding { harm, shipment, text: text.into() });
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        lock(&self.findings).clone()
    }

    /// Returns the bodies of the messages that the receiver accepted.
    pub(super) fn accepted(&self) -> Vec<String> {
        lock(&self.accepted).clone()
    }

    fn look_at_pin(&self, notice: &PinNotice<'_>) {
        let id = notice.shipment;
        let now = self.outside.clock.now();
        let made = {
            let delivery = lock(&self.outside.delivery);
            let parcel = delivery.parcel_of(id).map(|(_, parcel)| parcel);
            if let Some(parcel) = parcel
                && !matches!(parcel.state, Some(103 | 104))
            {
                let text = format!("a PIN is sent while the state of its parcel is {:?}", parcel.state);
                self.found(Harm::Seen, Some(id), text);
            }
            let made = parcel.and_then(|parcel| parcel.made.as_ref());
            made.and_then(|made| made.credential.as_ref()).map(|credential| credential.id.clone())
        };
        let people = lock(&self.outside.people);
        let mut methods = people.users.iter().flat_map(|user| &user.methods);
        if !made.is_some_and(|made| methods.any(|method| method.credential_id == made)) {
            self.found(Harm::Seen, Some(id), "a PIN is sent before its key is registered");
        }
        let first = *lock(&self.first_pin).entry(id).or_insert(now);
        if now > first + WINDOW {
            self.found(Harm::Seen, Some(id), "a PIN is sent again after its release window");
        }
    }

    fn look_at_order(&self, order: &OrderToPlace<'_>) {
        let delivery = lock(&self.outside.delivery);
        let challenge = delivery.challenge_in(&order.sealed.credential_requests[0]);
        let ends = challenge.and_then(|challenge| lock(&self.outside.people).challenge_ends(challenge));
        if ends.is_none_or(|ends| ends < self.outside.clock.now() + TimeDelta::days(1)) {
            self.found(Harm::Lost, Some(order.request), "a key is ordered whose challenge ends before it can arrive");
        }
    }
}

/// Ports of one replica that are observed.
pub(super) struct Watched {
    pub(super) watch: Arc<Watch>,
    pub(super) inner: Arc<Node>,
}

#[async_trait]
impl PinDelivery for Watched {
    fn addressing(&self) -> Addressing {
        self.inner.addressing()
    }

    async fn deliver(&self, notice: &PinNotice<'_>) -> Result<(), Failure> {
        let before = lock(&self.watch.outside.pins).sent.len();
        let delivered = self.inner.deliver(notice).await;
        if lock(&self.watch.outside.pins).sent.len() > before {
            self.watch.look_at_pin(notice);
        }
        delivered
    }

    async fn deliver_link(&self, notice: &LinkNotice<'_>) -> Result<(), Failure> {
        self.inner.deliver_link(notice).await
    }

    async fn mail_person(&self, notice: &PersonNotice<'_>) -> Result<(), Failure> {
        self.inner.mail_person(notice).await
    }

    async fn tell_released(&self, notice: &ReleaseNotice<'_>) -> Result<Told, Failure> {
        self.inner.tell_released(notice).await
    }
}

#[async_trait]
impl DeliveryService for Watched {
    fn check(&self, order: &Order) -> Vec<OrderFinding> {
        self.inner.check(order)
    }

    async fn order(&self, order: &OrderToPlace<'_>) -> Result<PlacedOrder, Failure> {
        self.watch.look_at_order(order);
        self.inner.order(order).await
    }

    async fn status(&self, shipment: &DeliveryId) -> Result<DeliveryStatus, Failure> {
        self.inner.status(shipment).await
    }

    async fn cancel(&self, shipment: &DeliveryId) -> Result<Deletion, Failure> {
        self.inner.cancel(shipment).await
    }
}

#[async_trait]
impl WebhookSender for Watched {
    fn check_url(&self, url: &str) -> Result<(), String> {
        self.watch.receivers.check_url(url)
    }

    fn check_secret(&self, secret: &SecretBytes) -> Result<(), String> {
        self.watch.receivers.check_secret(secret)
    }

    fn new_secret(&self) -> Result<SecretBytes, String> {
        self.watch.receivers.new_secret()
    }

    async fn send(&self, message: &WebhookMessage<'_>) -> Attempt {
        self.watch.outside.clock.sleep(Duration::from_millis(50)).await;
        let status = self.watch.status.load(Ordering::Relaxed);
        let problem = (status != 200).then(|| format!("the receiver returned {status}"));
        if problem.is_none() {
            lock(&self.watch.accepted).push(message.body.to_owned());
        }
        Attempt { outcome: AttemptOutcome { status: Some(status), problem }, retry_after: None }
    }
}
