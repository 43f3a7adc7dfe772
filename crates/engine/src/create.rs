//! From a checked order to an accepted shipment.
//!
//! Order of durability: secret, intent, order, acceptance. An order is never repeated: the delivery service documents
//! no idempotency key, and a second one is a second key in the post.

pub(crate) mod error;
pub(crate) mod progress;
pub(crate) mod request;
mod turn;

use std::time::Duration;

use keyferry_domain::ports::{
    OrderToPlace, OutsideLimits, PlacedOrder, Preparation, PreparedOrder, SealedKey, SecretName, ShipmentFilter,
    ShipmentSort, StoreError, Stored, Version,
};
use keyferry_domain::{
    Change, CreationOptions, Effect, EmailAddress, Failure, FailureKind, FulfilmentId, Key, Note, Operation, Order,
    Party, PersonKey, PhaseName, Phased, PlannedCredential, Shipment, ShipmentId, Submission, UserRef,
};
use tokio::sync::oneshot;
use tracing::Instrument as _;

use crate::Engine;
use crate::bundle::Bundle;
use crate::idempotency::Idempotency;
use crate::measure;

pub use self::error::CreateError;
use self::error::{before_order, no_order_exists};
use self::progress::{Alive, Stage};
pub use self::request::{CreateRequest, Created};

impl Engine {
    /// Checks an order against the limits that are known of the delivery service, without asking anybody.
    ///
    /// # Errors
    /// The first limit that the order breaks.
    pub fn check_order(&self, order: &Order) -> Result<(), OutsideLimits> {
        self.ports.fulfilment.check(order)
    }

    /// Orders a key. The work runs as a task of its own, which the caller's going away does not cancel.
    ///
    /// # Errors
    /// [`CreateError`] says for each case whether an order may exist.
    pub async fn create(&self, request: CreateRequest) -> Result<Created, CreateError> {
        if let Err(address) = self.check_contacts(&request.order.enrollment_contacts, &request.order.user) {
            return Err(CreateError::ContactNotAllowed(address.clone()));
        }
        let stage = Stage::default();
        let (done, wait) = oneshot::channel();
        let (engine, task_stage) = (self.clone(), stage.clone());
        let (user, caller) = (request.order.user.clone(), request.caller.clone());
        let work = async move {
            let result = engine.create_once(request, &task_stage).await;
            if let Err(error) = &result {
                tracing::warn!(%user, %caller, %error, "an order did not go through");
            }
            // The caller may have left; then the record tells the outcome.
            drop(done.send(result));
        };
        self.tasks.spawn(work.in_current_span());
        tokio::select! {
            biased;
            result = wait => result.unwrap_or(Err(CreateError::Crashed)),
            () = self.ports.clock.sleep(self.settings.create_budget) => {
                Err(CreateError::TimedOut { shipment: stage.caller_leaves() })
            }
        }
    }

    async fn create_once(&self, request: CreateRequest, stage: &Stage) -> Result<Created, CreateError> {
        let id = ShipmentId::new(self.ports.clock.now(), self.ports.entropy.as_ref());
        let alive = Alive::new(self, id);
        let reserved = self.reserve_key(&request, id, stage).await;
        match reserved.inspect_err(|error| measure::order(&Err(error.clone())))? {
            Idempotency::Answer(answer) => {
                measure::replay();
                return answer;
            }
            Idempotency::Free => {}
        }
        let result = self.order(id, &request, stage).await;
        measure::order(&result);
        if result.as_ref().is_err_and(no_order_exists)
            && request.idempotency.is_some()
            && let Err(error) = self.ports.idempotency.release(id).await
        {
            tracing::warn!(shipment = %id, %error, "an idempotency key could not be freed; it frees itself later");
        }
        drop(alive);
        result
    }

    async fn order(&self, id: ShipmentId, request: &CreateRequest, stage: &Stage) -> Result<Created, CreateError> {
        let (options, key) = self.plan(&request.order).await?;
        let user = options.user_handle.clone();
        let record = async {
            if self.settings.one_open_order_per_user {
                self.refuse_second_order(&request.order.user, &key).await?;
            }
            self.record(id, request, options, &key, stage).await
        };
        let (shipment, version, sealed) = if self.settings.one_open_order_per_user {
            self.in_turn(&user, id, stage, record).await?
        } else {
            record.await?
        };
        if !stage.start_ordering(id) {
            self.refuse(shipment, &version, "the time budget was over before the order was sent").await;
            return Err(CreateError::TimedOut { shipment: None });
        }
        let order = OrderToPlace { request: id, order: &request.order, sealed: &sealed };
        match self.ports.fulfilment.order(&order).await {
            Ok(placed) => self.accept(shipment, &version, placed).await,
            Err(failure) => Err(self.not_accepted(shipment, &version, failure).await),
        }
    }

    /// Everything that is needed to finish the order, durably, before it is placed.
    async fn record(
        &self,
        id: ShipmentId,
        request: &CreateRequest,
        options: CreationOptions,
        key: &Key,
        stage: &Stage,
    ) -> Result<(Shipment, Version, SealedKey), CreateError> {
        if stage.caller_is_gone() {
            return Err(CreateError::TimedOut { shipment: None });
        }
        let preparation =
            Preparation { request: id, creation_options: vec![&options], pin_length: request.order.pin_length };
        let prepared = self.ports.fulfilment.prepare(&preparation).await.map_err(before_order)?;
        let PreparedOrder { sealed, response_key } = prepared;
        let bundle = Bundle { response_key, creation_options: vec![options] };
        let (shipment, version) = self.make_durable(id, request, key.clone(), &bundle).await?;
        Ok((shipment, version, sealed))
    }

    /// Creation options for the user, and the key that is to carry the credential.
    async fn plan(&self, order: &Order) -> Result<(CreationOptions, Key), CreateError> {
        let lifetime = self.settings.challenge_lifetime;
        let not_found = |failure: Failure| match (failure.party, failure.status()) {
            (Party::IdentityProvider, Some(404)) => CreateError::UserNotFound { user: order.user.clone() },
            _ => before_order(failure),
        };
        let options = self.ports.identity.creation_options(&order.user, lifetime).await.map_err(not_found)?;
        self.refuse_short_challenge(&options)?;
        let object_id = match &order.user {
            UserRef::ObjectId(id) => Some(*id),
            UserRef::Upn(_) => self.ports.identity.object_id(&order.user).await.map_err(not_found)?,
        };
        let credential = PlannedCredential {
            user: order.user.clone(),
            object_id,
            user_handle: options.user_handle.clone(),
            rp_id: options.rp_id.clone(),
            deadline: options.deadline,
        };
        let key = Key { product: order.product.clone(), credentials: vec![credential], pin_length: order.pin_length };
        Ok((options, key))
    }

    /// A challenge that runs out before a key can arrive would make every order a key that can never be registered.
    fn refuse_short_challenge(&self, options: &CreationOptions) -> Result<(), CreateError> {
        let now = self.ports.clock.now();
        if options.deadline >= now + self.settings.challenge_lifetime / 2 {
            return Ok(());
        }
        let message = format!(
            "the identity provider's challenge runs out at {}, though {} minutes were asked for",
            options.deadline.format("%Y-%m-%dT%H:%M:%SZ"),
            self.settings.challenge_lifetime.as_secs() / 60
        );
        let kind = FailureKind::Found("challenge-too-short");
        Err(CreateError::Upstream(Failure::new(Party::IdentityProvider, Operation::CreationOptions, kind, message)))
    }

    /// Secret first, then the intent: a record without its secret could never be finished.
    async fn make_durable(
        &self,
        id: ShipmentId,
        request: &CreateRequest,
        key: Key,
        bundle: &Bundle,
    ) -> Result<(Shipment, Version), CreateError> {
        let now = self.ports.clock.now();
        let secret = bundle
            .to_secret()
            .map_err(|_| StoreError::Unavailable("the shipment's secret could not be encoded".into()))?;
        let name = SecretName::of(id);
        self.ports.secrets.put(&name, &secret).await?;
        let submission = Submission {
            id,
            requested_by: request.caller.clone(),
            batch: None,
            keys: vec![key],
            enrollment_contacts: request.order.enrollment_contacts.clone(),
            recipient_email: EmailAddress::parse(&request.order.recipient.recipient_email).ok(),
            until: now + self.settings.submitting_claim,
        };
        let detail = format!("a key for {} is about to be ordered", request.order.user);
        let correlation = bundle.creation_options.first().and_then(|options| options.correlation.clone());
        let change = Shipment::submit(submission, Note::new(now, detail).with_correlation(correlation));
        let error = match self.ports.shipments.insert(&change).await {
            Ok(version) => return Ok((change.into_shipment(), version)),
            Err(error) => error,
        };
        match self.ports.shipments.get(id).await {
            // Only the store's answer was lost.
            Ok(Some(stored)) => return Ok((change.into_shipment(), stored.version)),
            // Nothing was ordered, so the secret serves nobody; were it left, the sweep would find it.
            Ok(None) => {
                if let Err(error) = self.ports.secrets.purge(&name).await {
                    tracing::warn!(shipment = %id, %error, "a secret without a record stays until the next sweep");
                }
            }
            Err(_) => {
                tracing::warn!(shipment = %id, "nothing was ordered, but a record of the intent may show up as unconfirmed");
            }
        }
        Err(error.into())
    }

    async fn accept(&self, shipment: Shipment, version: &Version, placed: PlacedOrder) -> Result<Created, CreateError> {
        let PlacedOrder { id: fulfilment_id, correlation } = placed;
        let id = shipment.id();
        let recorded = match self.accepted(shipment, &fulfilment_id, correlation.clone()) {
            Some(change) => self.commit_persistently(&change, version).await,
            None => Err(StoreError::Conflict(id.to_string())),
        };
        let recorded = match recorded {
            Err(StoreError::Conflict(_)) => self.accept_late(id, &fulfilment_id, correlation).await,
            result => result,
        };
        match recorded {
            Ok(()) => {
                tracing::info!(shipment = %id, %fulfilment_id, "the delivery service accepted an order");
                self.note_repeated_id(id, &fulfilment_id).await;
                Ok(Created { shipment: id, fulfilment_id })
            }
            Err(error) => {
                tracing::error!(shipment = %id, %fulfilment_id, %error,
                    "an accepted order could not be recorded: once the store works, resolve the shipment as adopted with this id");
                Err(CreateError::NotRecorded { shipment: id, fulfilment_id, error })
            }
        }
    }

    /// Looked at once the acceptance is recorded: nothing may come before that.
    async fn note_repeated_id(&self, id: ShipmentId, fulfilment_id: &FulfilmentId) {
        if let Ok(Some(other)) = self.ports.shipments.find(fulfilment_id).await
            && other.shipment().id() != id
        {
            tracing::error!(shipment = %id, other = %other.shipment().id(), %fulfilment_id,
                "the delivery service gave an id that another shipment has: ask for each by the connector's own id");
        }
    }

    /// The record changed under a create: another replica took it for dead, or an answer of the store was lost.
    async fn accept_late(
        &self,
        id: ShipmentId,
        fulfilment_id: &FulfilmentId,
        correlation: Option<String>,
    ) -> Result<(), StoreError> {
        let conflict = || StoreError::Conflict(id.to_string());
        for _ in 0..5 {
            let Stored { change, version, .. } = self.ports.shipments.get(id).await?.ok_or_else(conflict)?;
            let shipment = change.into_shipment();
            if shipment.phase().fulfilment_id() == Some(fulfilment_id) {
                return Ok(());
            }
            let change = self.accepted(shipment, fulfilment_id, correlation.clone()).ok_or_else(conflict)?;
            match self.commit_persistently(&change, &version).await {
                Err(StoreError::Conflict(_)) => {}
                result => return result,
            }
        }
        Err(conflict())
    }

    async fn not_accepted(&self, shipment: Shipment, version: &Version, failure: Failure) -> CreateError {
        if failure.effect == Effect::None {
            if failure.status() == Some(401) && failure.party == Party::DeliveryService {
                tracing::error!(shipment = %shipment.id(),
                    "the delivery service refuses the connector's own API token (YED_API_TOKEN), not the caller's: set a new one");
            }
            self.refuse(shipment, version, &failure.to_string()).await;
            return before_order(failure);
        }
        let (id, now) = (shipment.id(), self.ports.clock.now());
        let reason = format!(
            "The order was sent and its answer was lost ({failure}). A key may be on its way: look for it in the \
             delivery service's console, and do not order again before shipment {id} is resolved."
        );
        tracing::error!(shipment = %id, %failure, "the answer to an order was lost: it is unconfirmed");
        if let Phased::Submitting(submitting) = shipment.phased() {
            let note = Note::new(now, failure.message.clone()).with_correlation(failure.correlation.clone());
            let change = submitting.lose(reason.clone(), note);
            if let Err(error) = self.commit_persistently(&change, version).await {
                // The record says `Submitting`; the next run after its claim turns it into `Unconfirmed`.
                tracing::error!(shipment = %id, %error, "an unconfirmed order could not be recorded yet");
            }
        }
        CreateError::Unconfirmed { shipment: id, reason, correlation: failure.correlation }
    }

    /// Records that the order was definitely not taken. Its secret serves nobody any more.
    async fn refuse(&self, shipment: Shipment, version: &Version, reason: &str) {
        let (id, now) = (shipment.id(), self.ports.clock.now());
        let Phased::Submitting(submitting) = shipment.phased() else { return };
        let change = submitting.refuse(Note::new(now, reason));
        if let Err(error) = self.commit_persistently(&change, version).await {
            tracing::warn!(shipment = %id, %error, "a refused order could not be recorded; it will show as unconfirmed");
            return;
        }
        if let Err(error) = self.ports.secrets.purge(&SecretName::of(id)).await {
            tracing::warn!(shipment = %id, %error, "the secret of a refused order stays until the next sweep");
        }
    }

    /// Commits what must not be lost: a busy store gets a few more attempts.
    async fn commit_persistently(&self, change: &Change, version: &Version) -> Result<(), StoreError> {
        for pause in [100, 300, 900, 2700].map(Duration::from_millis) {
            match self.ports.shipments.commit(change, version).await {
                Err(StoreError::Unavailable(_)) => self.ports.clock.sleep(pause).await,
                result => return result.map(drop),
            }
        }
        self.ports.shipments.commit(change, version).await.map(drop)
    }

    /// The acceptance, unless it is no news in the shipment's phase.
    fn accepted(&self, shipment: Shipment, id: &FulfilmentId, correlation: Option<String>) -> Option<Change> {
        let note = Note::new(self.ports.clock.now(), format!("accepted as {id}")).with_correlation(correlation);
        match shipment.phased() {
            Phased::Submitting(it) => Some(it.accept(id.clone(), note)),
            Phased::Unconfirmed(it) => Some(it.accept(id.clone(), note)),
            _ => None,
        }
    }

    /// By the name that the caller used, and by the person whom that name means now.
    async fn refuse_second_order(&self, user: &UserRef, key: &Key) -> Result<(), CreateError> {
        let handles = key.credentials.iter().map(|new| PersonKey::Handle(new.user_handle.clone()));
        for person in std::iter::once(PersonKey::from(user)).chain(handles) {
            let open = ShipmentFilter { person: Some(person), ..ShipmentFilter::phases(&PhaseName::OPEN) };
            let page = self.ports.shipments.query(&open, ShipmentSort::Id, None, 100).await?;
            if let Some(found) = page.items.into_iter().find(|found| !found.set_by_hand) {
                let shipment = found.fulfilment_id.map_or_else(|| found.id.to_string(), |id| id.to_string());
                return Err(CreateError::OpenOrderExists { shipment });
            }
        }
        Ok(())
    }
}
