//! Creation of an order: from a validated order to an accepted shipment.
//!
//! The sequence of durable steps is: secret, intent, order, acceptance. An order is never sent twice: the delivery
//! service documents no idempotency key, so a second order would ship a second key.

use std::sync::Arc;

use keyferry_domain::ports::{OrderToPlace, SealedKey, ShipmentFilter, ShipmentSort, StoreError, Version};
use keyferry_domain::{Operation, Order, OrderFinding, PhaseName, Shipment, ShipmentId, UserKey, UserRef};
use tokio::sync::oneshot;
use tracing::Instrument as _;

use super::error::{CreateError, at_identity_provider, before_order, outcome};
use super::idempotency::{self, Idempotency};
use super::intent::make_durable;
use super::outcome::Outcomes;
use super::progress::Stage;
use super::request::{CreateRequest, Created};
use super::user_lock;
use crate::ceremony::{NewKey, StartedCeremony};
use crate::context::Context;
use crate::eligibility::Candidate;
use crate::pins::{OwnAddresses, check_contacts, own_addresses};
use crate::recovery::key_hash;

/// Places orders of keys. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Orders(Arc<Context>);

impl Orders {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Checks an order against the known limits of the delivery service, without any call.
    ///
    /// # Errors
    /// The first limit that the order exceeds.
    pub fn check(&self, order: &Order) -> Result<(), OrderFinding> {
        let findings = self.0.ports.delivery_service.check(order);
        findings.into_iter().find(OrderFinding::is_error).map_or(Ok(()), Err)
    }

    /// Orders a key. Runs in its own task, which continues if the caller disconnects.
    ///
    /// # Errors
    /// [`CreateError`]; each variant states whether an order may exist.
    pub async fn create(&self, request: CreateRequest) -> Result<Created, CreateError> {
        let context = &self.0;
        let contacts = &request.order.enrollment_contacts;
        check_contacts(&context.settings, contacts, &OwnAddresses::of(&request.order.user))
            .map_err(CreateError::ContactNotAllowed)?;
        let least = context.settings.min_pin_length;
        if request.order.pin_length.get() < least.get() {
            return Err(CreateError::PinTooShort { least });
        }
        let stage = Stage::default();
        let (done, wait) = oneshot::channel();
        let (task_context, task_stage) = (context.clone(), stage.clone());
        let (user, caller) = (request.order.user.clone(), request.caller.clone());
        let work = async move {
            let result = create_once(&task_context, request, &task_stage).await;
            if let Err(error) = &result {
                tracing::warn!(%user, %caller, %error, "could not create order");
            }
            // The caller may have stopped waiting. The record then contains the outcome.
            drop(done.send(result));
        };
        context.tasks.spawn(work.in_current_span());
        tokio::select! {
            // Poll the result first: if both are ready, the caller receives the result instead of a timeout.
            biased;
            result = wait => result.unwrap_or(Err(CreateError::Crashed)),
            () = context.ports.clock.sleep(context.settings.create_budget) => {
                Err(CreateError::TimedOut { shipment: stage.caller_timed_out() })
            }
        }
    }
}

async fn create_once(context: &Arc<Context>, request: CreateRequest, stage: &Stage) -> Result<Created, CreateError> {
    let id = context.new_id();
    let creating = context.begin_creating(id);
    let reserved = idempotency::reserve(context, &request, id, stage).await;
    match reserved.inspect_err(|error| context.metrics.order(outcome(&Err(error.clone()))))? {
        Idempotency::Answer(answer) => {
            context.metrics.replay();
            return answer;
        }
        Idempotency::Free => {}
    }
    let result = order(context, id, &request, stage).await;
    context.metrics.order(outcome(&result));
    if result.as_ref().is_err_and(|error| !error.order_may_exist())
        && request.idempotency.is_some()
        && let Err(error) = context.ports.idempotency.release(id).await
    {
        tracing::warn!(shipment = %id, %error, "could not release idempotency key; its next use takes it over");
    }
    // Held until here, so that runs and clean-up of this process skip the record while it is being created.
    drop(creating);
    result
}

async fn order(
    context: &Arc<Context>,
    id: ShipmentId,
    request: &CreateRequest,
    stage: &Stage,
) -> Result<Created, CreateError> {
    reject_if_stopped(context)?;
    let order = &request.order;
    let provider = context.ports.providers.default_id();
    let new_key = NewKey { provider, user: &order.user, pin_length: order.pin_length };
    let ceremony = context.ceremonies.of_provider(provider).map_err(before_order)?;
    let directory = context.directory(provider).map_err(before_order)?;
    let candidate = Candidate { user: &order.user, may_be_privileged: request.may_be_privileged };
    let begin = async {
        context.eligibility.check(directory, &candidate, Operation::CreationOptions).await?;
        let own = match order.enrollment_contacts.is_empty() {
            true => OwnAddresses::default(),
            false => own_addresses(directory, &order.user).await?,
        };
        Ok((own, ceremony.begin(&new_key).await?))
    };
    let (own, begun) = tokio::select! {
        biased;
        begun = begin => begun.map_err(|failure| at_identity_provider(failure, &order.user))?,
        // Nothing is stored yet. A call that still waits for its turn must not take the turn of another caller.
        () = stage.gone() => return Err(CreateError::TimedOut { shipment: None }),
    };
    // The caller may have named the user by object id.
    let own = begun.user_name().into_iter().fold(own, OwnAddresses::with);
    check_contacts(&context.settings, &order.enrollment_contacts, &own).map_err(CreateError::ContactNotAllowed)?;
    let one_order = context.settings.one_open_order_per_user && !request.additional;
    let user = begun.user();
    let record = async {
        if one_order {
            reject_second_order(context, &order.user, &user).await?;
        }
        record(context, id, request, begun, stage).await
    };
    let (shipment, version, sealed) =
        if one_order { user_lock::locked(context, &user, id, stage, record).await? } else { record.await? };
    let outcomes = Outcomes(context);
    if let Err(stopped) = reject_if_stopped(context) {
        outcomes.refuse(shipment, &version, &stopped.to_string()).await;
        return Err(stopped);
    }
    if !stage.start_ordering(id) {
        outcomes.refuse(shipment, &version, "the time budget expired before the order was sent").await;
        return Err(CreateError::TimedOut { shipment: None });
    }
    match context.ports.delivery_service.order(&OrderToPlace { request: id, order, sealed: &sealed }).await {
        Ok(placed) => {
            let key = request.idempotency.as_ref().map(|(key, _)| key_hash(&request.caller.application, key));
            outcomes.accept(shipment, &version, placed, key).await
        }
        Err(failure) => Err(outcomes.not_accepted(shipment, &version, failure).await),
    }
}

/// Fails while an accepted order is not recorded.
fn reject_if_stopped(context: &Context) -> Result<(), CreateError> {
    context.ordering.reason().map_or(Ok(()), |reason| Err(CreateError::OrderingStopped { reason }))
}

/// Seals the requests and stores everything needed to finish the order, before the order is placed.
async fn record(
    context: &Context,
    id: ShipmentId,
    request: &CreateRequest,
    begun: Box<dyn StartedCeremony>,
    stage: &Stage,
) -> Result<(Shipment, Version, SealedKey), CreateError> {
    if stage.caller_is_gone() {
        return Err(CreateError::TimedOut { shipment: None });
    }
    let sealed = begun.seal(id).await.map_err(before_order)?;
    make_durable(context, id, request, sealed).await
}

/// Rejects the order if the user has an open one. Searches by the reference from the caller and by the user that the
/// provider returned for it, because the same user can be given by object id or by name. A record that cannot be read
/// counts as open.
async fn reject_second_order(context: &Context, named: &UserRef, user: &UserKey) -> Result<(), CreateError> {
    for person in [UserKey::from(named), user.clone()] {
        let open = ShipmentFilter { person: Some(person), ..ShipmentFilter::phases(&PhaseName::PENDING) };
        let mut after = None;
        loop {
            let page = context.ports.shipments.query(&open, ShipmentSort::Id, after.as_ref(), 100).await?;
            if let Some(found) = page.items.into_iter().find(|found| !found.set_by_hand) {
                let shipment = found.delivery_id.map_or_else(|| found.id.to_string(), |id| id.to_string());
                return Err(CreateError::OpenOrderExists { shipment });
            }
            if let Some((id, reason)) = page.broken.into_iter().next() {
                let reason = format!("{reason}. It may be an open order of the user, so nothing was ordered");
                return Err(StoreError::Broken { id, reason }.into());
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    Ok(())
}
