//! One replica of the connector.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::{DeliveryId, PhaseName, ProviderId, ShipmentId, UserRef};
use keyferry_engine::{
    CreateError, CreateRequest, Created, Engine, LostKey, NewKeyOrder, Outcome, Ports, Provider, Providers,
    QueueRequest, Registration, Release, WhichKey,
};
use keyferry_testkit::outside::{Life, Node, lock};
use tokio_util::sync::CancellationToken;

use super::watch::Watched;
use super::{Stage, Wanted};
use crate::bugs::planted;

/// One replica of the connector, whose process can die.
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Replica {
    /// The engine.
    pub engine: Engine,
    /// State of the process.
    pub life: Arc<Life>,
    stop: CancellationToken,
}

fn ports(stage: &Stage, life: &Arc<Life>) -> Ports {
    let node = Node::new(&stage.outside, life);
    let provider = Provider { registration: Registration::CreationOptions(node.clone()), directory: node.clone() };
    let watched = Arc::new(Watched { watch: stage.watch.clone(), inner: node.clone() });
    let ports = Ports {
        clock: node.clone(),
        entropy: stage.outside.chance.clone(),
        providers: Providers::new(ProviderId::new("login"), provider),
        delivery_service: watched.clone(),
        sealer: node.clone(),
        pin_delivery: watched.clone(),
        shipments: node.clone(),
        secrets: node.clone(),
        idempotency: node.clone(),
        leases: node.clone(),
        batches: stage.outside.batches.clone(),
        journal: node,
        webhooks: stage.webhooks.clone(),
        webhook_sender: watched,
    };
    let ports = match &stage.layer {
        Some(layer) => layer(ports),
        None => ports,
    };
    match stage.bug {
        Some(bug) => planted(bug, ports),
        None => ports,
    }
}

impl Replica {
    pub(super) fn start(stage: &Stage) -> Self {
        let life = Arc::new(Life::default());
        let engine = Engine::without_metrics(ports(stage, &life), stage.settings());
        Self { engine, life, stop: CancellationToken::new() }
    }

    /// Runs all loops of the program in the background.
    pub fn serve(&self, stage: &Stage) {
        let (engine, stop) = (self.engine.clone(), self.stop.clone());
        let settings = stage.settings();
        tokio::spawn(async move {
            let (process, clean_up) = (&settings.process_schedule, &settings.cleanup_schedule);
            tokio::join!(
                engine.dispatcher.run(&stop),
                engine.batch_worker.run(&stop),
                engine.webhook_worker.run(&stop),
                engine.schedules.process_on_schedule(process, &stop),
                engine.schedules.clean_up_on_schedule(clean_up, &stop),
            );
        });
    }

    /// Runs the dispatcher for this time.
    pub async fn dispatch(&self, stage: &Stage, time: Duration) {
        let stop = CancellationToken::new();
        let (dispatcher, token) = (self.engine.dispatcher.clone(), stop.clone());
        let task = tokio::spawn(async move { dispatcher.run(&token).await });
        stage.pass(time).await;
        stop.cancel();
        self.until_death(task).await;
    }

    /// Kills the process.
    pub fn kill(&self) {
        self.life.end();
    }

    /// Waits for the work, unless the process dies.
    pub async fn until_death<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.life.ended() => None,
            done = work => Some(done),
        }
    }

    /// Orders a key as this caller wants it. `None` if the process dies meanwhile.
    pub async fn order(&self, stage: &Stage, wanted: &Wanted) -> Option<Result<Created, CreateError>> {
        let request = request(stage, wanted);
        let created = self.until_death(self.engine.orders.create(request)).await;
        let confirmed = created.as_ref().and_then(|created| created.as_ref().ok()).map(|created| created.shipment);
        stage.note(wanted, confirmed);
        created
    }

    /// Puts an order into the queue.
    pub async fn enqueue(&self, stage: &Stage, wanted: &Wanted) -> Option<ShipmentId> {
        let CreateRequest { caller, order, info, additional, may_be_privileged, idempotency, unknown_members } =
            request(stage, wanted);
        let order = order.into();
        let request = QueueRequest {
            caller,
            order,
            info,
            batch: None,
            additional,
            may_be_privileged,
            idempotency,
            unknown_members,
        };
        let enqueued = self.until_death(self.engine.orders.enqueue(request)).await;
        let shipment = enqueued.and_then(Result::ok).map(|enqueued| enqueued.shipment);
        stage.note(wanted, shipment);
        shipment
    }

    /// Sends the PIN again, as an operator without the right to override rules. Returns whether that was confirmed.
    pub async fn resend(&self, stage: &Stage, id: ShipmentId) -> bool {
        let release = Release { reason: Some("asked by the holder".into()), may_override: false };
        let text = id.to_string();
        let resend = self.engine.operator.resend_pin(&text, super::portal(), release);
        let sent = matches!(self.until_death(resend).await, Some(Ok(())));
        let mut intents = lock(&stage.intents);
        let (asked, confirmed) = intents.resent.entry(id).or_default();
        *asked += 1;
        *confirmed += usize::from(sent);
        sent
    }

    /// Links an unconfirmed order to the parcel that the operator finds at the delivery service, if there is one.
    pub async fn adopt(&self, stage: &Stage, id: ShipmentId) {
        let phase = stage.outside.try_shipment(id).map(|shipment| shipment.phase().name());
        let found = lock(&stage.outside.delivery).parcel_of(id).map(|(delivery, _)| delivery.clone());
        if let (Some(PhaseName::Unconfirmed), Some(found)) = (phase, found) {
            let (text, outcome) = (id.to_string(), Outcome::Adopted(found));
            let resolve = self.engine.operator.resolve(&text, super::portal(), "found".into(), outcome);
            let _ = self.until_death(resolve).await;
        }
    }

    /// Cancels a shipment. Returns whether that was confirmed.
    pub async fn cancel(&self, stage: &Stage, id: ShipmentId) -> bool {
        let text = id.to_string();
        let cancel = self.engine.operator.cancel(&text, super::portal(), "left the company");
        let cancelled = matches!(self.until_death(cancel).await, Some(Ok(())));
        if cancelled {
            lock(&stage.intents).cancelled.insert(id);
        }
        cancelled
    }

    /// Reports the key of a user as lost, and orders no other one. Returns whether that was confirmed.
    pub async fn lose(&self, stage: &Stage, user: usize, id: ShipmentId) -> bool {
        let user = UserRef::ObjectId(lock(&stage.outside.people).users[user].object_id);
        let key = WhichKey::Shipment(id.to_string());
        let replacement = NewKeyOrder::None;
        let lost = LostKey {
            user,
            key,
            reason: "lost on a train".into(),
            by: super::portal(),
            replacement,
            access_pass: false,
        };
        let reported = matches!(self.until_death(self.engine.operator.report_lost(lost)).await, Some(Ok(_)));
        if reported {
            lock(&stage.intents).lost.insert(id);
        }
        reported
    }

    /// Compares the database with the journal, as at start. Returns whether they agree.
    pub async fn compare(&self, stage: &Stage) -> bool {
        let Some(Ok(found)) = self.until_death(self.engine.compare_with_journal()).await else { return false };
        let missing = found.missing.iter().map(|acceptance| acceptance.shipment);
        lock(&stage.intents).reported.extend(missing.chain(found.behind.iter().copied()));
        found.is_intact()
    }
}

fn request(stage: &Stage, wanted: &Wanted) -> CreateRequest {
    let user = lock(&stage.outside.people).users[wanted.user].upn.clone();
    let mut order = keyferry_testkit::order(UserRef::Upn(user));
    order.pin_length = keyferry_domain::PinLength::try_from(12).unwrap();
    order.mailing_address.street_line1 = super::books::STREET.into();
    CreateRequest {
        caller: wanted.caller.clone(),
        order,
        info: Default::default(),
        additional: wanted.additional,
        may_be_privileged: false,
        idempotency: Some((wanted.key.clone(), format!("body for {}", wanted.user))),
        unknown_members: Vec::new(),
    }
}

impl Stage {
    /// Remembers that somebody wants this order.
    pub fn wants(&self, wanted: &Wanted) {
        self.note(wanted, None);
    }

    /// Finds shipments that were confirmed for several orders.
    pub fn shared_shipments(&self) -> Option<crate::judge::Finding> {
        let intents = lock(&self.intents);
        let confirmed: Vec<_> = intents.orders.iter().filter_map(|wanted| wanted.confirmed).collect();
        let shared = confirmed.iter().enumerate().find(|(at, id)| confirmed[..*at].contains(id));
        let text = "one shipment was confirmed for two orders".to_owned();
        shared.map(|(_, id)| crate::judge::Finding { harm: crate::judge::Harm::Lost, shipment: Some(*id), text })
    }

    /// Remembers that a caller asked for this order.
    fn note(&self, wanted: &Wanted, confirmed: Option<ShipmentId>) {
        let mut intents = lock(&self.intents);
        let is_same = |known: &&mut Wanted| known.key == wanted.key && known.caller == wanted.caller;
        match intents.orders.iter_mut().find(is_same) {
            Some(known) => known.confirmed = confirmed.or(known.confirmed),
            None => intents.orders.push(Wanted { confirmed, ..wanted.clone() }),
        }
    }

    /// Returns the only order of this user, with its id at the delivery service.
    pub fn shipment_of(&self, user: usize) -> Option<(ShipmentId, Option<DeliveryId>)> {
        let handle = lock(&self.outside.people).users[user].handle.clone();
        let records = lock(&self.outside.records).all();
        records
            .into_iter()
            .find(|shipment| super::books::handle_of(shipment).as_deref() == Some(&handle))
            .map(|shipment| (shipment.id(), shipment.phase().delivery_id().cloned()))
    }
}

impl Wanted {
    /// Order of the portal for a user.
    pub fn new(user: usize) -> Self {
        let key = format!("order for {user}");
        Self { caller: super::portal(), key, user, additional: false, confirmed: None }
    }
}
