//! Placement of one order: from the user to the delivery service's response.

use std::sync::Arc;

use keyferry_domain::ports::{OrderToPlace, SealedKey, ShipmentFilter, ShipmentSort, StoreError, Version};
use keyferry_domain::{ObjectId, Operation, Order, PhaseName, Shipment, ShipmentId, UserKey, UserRef};

use super::error::{CreateError, at_identity_provider, before_order};
use super::filling::same_person;
use super::intent::{Intent, make_durable};
use super::outcome::Outcomes;
use super::progress::Stage;
use super::request::Created;
use super::user_lock;
use crate::ceremony::{NewKey, StartedCeremony};
use crate::context::Context;
use crate::eligibility::Candidate;
use crate::pins::{OwnAddresses, check_contacts, own_addresses};
use crate::stock::roll_over;

/// Order to place.
pub(super) struct Placement<'a> {
    pub(super) id: ShipmentId,
    pub(super) order: &'a Order,
    /// Whether the user may have another open order.
    pub(super) additional: bool,
    /// Whether the user may hold a privileged role although the settings refuse such users.
    pub(super) may_be_privileged: bool,
    /// Hash of the caller and its idempotency key.
    pub(super) idempotency_key: Option<String>,
    pub(super) intent: Intent<'a>,
    /// Object id of the user whose data the directory filled in. The key must be for the same user.
    pub(super) filled_for: Option<ObjectId>,
}

/// Places the order, once.
pub(super) async fn place(
    context: &Arc<Context>,
    placement: Placement<'_>,
    stage: &Stage,
) -> Result<Created, CreateError> {
    reject_if_stopped(context)?;
    let Placement { id, order, additional, may_be_privileged, idempotency_key, intent, filled_for } = placement;
    let rolled_over = roll_over(context, order).await;
    let order = rolled_over.as_ref().map_or(order, |rolled| &rolled.order);
    let note = rolled_over.as_ref().map(|rolled| rolled.note.as_str());
    let queued_for = matches!(intent, Intent::Queued(_)).then(|| order.user.clone());
    let replaces = match &intent {
        Intent::Queued(queued) => queued.shipment.info().replaces,
        Intent::New(_) => None,
    };
    let provider = context.ports.providers.default_id();
    let new_key = NewKey { provider, user: &order.user, pin_length: order.pin_length };
    let ceremony = context.ceremonies.of_provider(provider).map_err(before_order)?;
    let directory = context.directory(provider).map_err(before_order)?;
    let candidate = Candidate { user: &order.user, may_be_privileged };
    let begin = async {
        context.eligibility.check(directory, &candidate, Operation::CreationOptions).await?;
        let own = match order.enrollment_contacts.is_empty() {
            true => OwnAddresses::default(),
            false => own_addresses(directory, &order.user).await?,
        };
        let begun = ceremony.begin(&new_key).await?;
        if let Some(person) = filled_for {
            same_person(directory, &order.user, person).await?;
        }
        Ok((own, begun))
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
    let one_order = context.settings.one_open_order_per_user && !additional;
    let user = begun.user();
    let record = async {
        if one_order {
            reject_second_order(context, (id, replaces), queued_for.is_some(), &order.user, &user).await?;
        }
        record(context, id, (order, note), intent, may_be_privileged, begun, stage).await
    };
    let (shipment, version, sealed) =
        if one_order { user_lock::locked(context, &user, id, stage, record).await? } else { record.await? };
    let outcomes = Outcomes { context, queued_for };
    if let Err(stopped) = reject_if_stopped(context) {
        outcomes.refuse(shipment, &version, &stopped.to_string()).await;
        return Err(stopped);
    }
    if !stage.start_ordering(id) {
        outcomes.refuse(shipment, &version, "the time budget expired before the order was sent").await;
        return Err(CreateError::TimedOut { shipment: None });
    }
    match context.ports.delivery_service.order(&OrderToPlace { request: id, order, sealed: &sealed }).await {
        Ok(placed) => outcomes.accept(shipment, &version, placed, idempotency_key).await,
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
    order: (&Order, Option<&str>),
    intent: Intent<'_>,
    may_be_privileged: bool,
    begun: Box<dyn StartedCeremony>,
    stage: &Stage,
) -> Result<(Shipment, Version, SealedKey), CreateError> {
    if stage.caller_is_gone() {
        return Err(CreateError::TimedOut { shipment: None });
    }
    let sealed = begun.seal(id).await.map_err(before_order)?;
    make_durable(context, id, order, intent, may_be_privileged, sealed).await
}

/// Rejects the order if the user has another open one. The one that it replaces does not count: its key is withdrawn.
/// Searches by the reference from the caller and by the user that the provider returned for it, because the same user
/// can be given by object id or by name. A record that cannot be read counts as open.
async fn reject_second_order(
    context: &Context,
    (this, replaces): (ShipmentId, Option<ShipmentId>),
    from_queue: bool,
    named: &UserRef,
    user: &UserKey,
) -> Result<(), CreateError> {
    for person in [UserKey::from(named), user.clone()] {
        let open = ShipmentFilter { person: Some(person), ..ShipmentFilter::phases(&PhaseName::PENDING) };
        let mut after = None;
        loop {
            let page = context.ports.shipments.query(&open, ShipmentSort::Id, after.as_ref(), 100).await?;
            let mut others = page
                .items
                .into_iter()
                .filter(|found| !found.set_by_hand && found.id != this && replaces != Some(found.id));
            // A later order beside this one was accepted knowingly.
            if let Some(found) = others.find(|found| !from_queue || found.id < this) {
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
