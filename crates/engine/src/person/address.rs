//! Address that the person gives, or an operator in the person's place.

use std::sync::Arc;

use keyferry_domain::ports::{AddressVerdict, StoreError, Stored};
use keyferry_domain::{
    Caller, CheckCode, Failure, Member, Note, ObjectId, Order, OrderFinding, Phase, Phased, RecipientDraft, Shipment,
    Timestamp,
};

use super::objection::{person_of, reject_ended};
use super::page_error::PersonPageError as Error;
use super::recipient::ordered_by;
use crate::claim::{Claimed, Then};
use crate::context::Context;
use crate::orders::queue::{GivenAddress, SealedOrder};
use crate::pins::parse_token;

/// Order that waits for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressOffer {
    /// The person, as the order named them.
    pub user: String,
    /// Who ordered the key. `None` without a name.
    pub ordered_by: Option<String>,
    /// Time until which the person can give the address.
    pub until: Timestamp,
    /// Data of the recipient that the order has. What is missing must be given.
    pub recipient: RecipientDraft,
}

/// Reason why an address was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The order takes no address.
    #[error("{0}")]
    Page(Error),
    /// The address cannot be used. Nothing was stored.
    #[error("the address cannot be used")]
    Refused(Vec<OrderFinding>),
}

impl From<Error> for AddressError {
    fn from(error: Error) -> Self {
        Self::Page(error)
    }
}

impl From<Failure> for AddressError {
    fn from(failure: Failure) -> Self {
        Self::Page(failure.into())
    }
}

/// Takes addresses for orders that lack them. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Addresses(Arc<Context>);

impl Addresses {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Returns the order behind a link, for the user with this object id. Changes nothing.
    ///
    /// # Errors
    /// [`PersonPageError`](Error) if the order takes no address from this user.
    pub async fn look(&self, token: &str, viewer: ObjectId) -> Result<AddressOffer, Error> {
        let stored = found(&self.0, token, viewer).await?;
        offer(&self.0, stored.shipment()).await
    }

    /// Returns what an order that waits for an address has, for an operator.
    ///
    /// # Errors
    /// [`PersonPageError`](Error) if the order takes no address.
    pub async fn look_as_operator(&self, id: &str) -> Result<AddressOffer, Error> {
        let stored = self.0.look_up(id).await?.ok_or(Error::Unknown)?;
        reject_not_waiting(stored.shipment())?;
        offer(&self.0, stored.shipment()).await
    }

    /// Takes the address from the person, so that the order can be sent.
    ///
    /// # Errors
    /// [`AddressError`]; nothing was stored.
    pub async fn give(
        &self,
        token: &str,
        viewer: ObjectId,
        by: Caller,
        given: GivenAddress,
    ) -> Result<(), AddressError> {
        let stored = found(&self.0, token, viewer).await?;
        give(&self.0, stored, by, "the person gave the address", given).await
    }

    /// Takes the address from an operator.
    ///
    /// # Errors
    /// [`AddressError`]; nothing was stored.
    pub async fn give_as_operator(&self, id: &str, by: Caller, given: GivenAddress) -> Result<(), AddressError> {
        let stored = self.0.look_up(id).await.map_err(Error::Store)?.ok_or(Error::Unknown)?;
        reject_not_waiting(stored.shipment())?;
        give(&self.0, stored, by, "an operator gave the address", given).await
    }
}

async fn offer(context: &Context, shipment: &Shipment) -> Result<AddressOffer, Error> {
    let request = shipment.address_request().ok_or(Error::TooLate)?;
    let sealed = SealedOrder::of(context, shipment).await?;
    Ok(AddressOffer {
        user: shipment.user().map(ToString::to_string).unwrap_or_default(),
        ordered_by: ordered_by(shipment),
        until: request.until,
        recipient: sealed.draft().recipient.clone(),
    })
}

/// Returns the shipment of a token, if the link is that of the person.
async fn found(context: &Context, token: &str, viewer: ObjectId) -> Result<Stored, Error> {
    let (id, part) = parse_token(token).ok_or(Error::Unknown)?;
    let (stored, loaded) = person_of(context, id).await?;
    let link = loaded.secret.address(part).ok_or(Error::Unknown)?;
    // First, so that others learn nothing about the order.
    if loaded.secret.person != Some(viewer) {
        return Err(Error::NotThePerson);
    }
    let is_expired = link.expires_at <= context.now();
    reject_not_waiting(stored.shipment())?;
    if is_expired { Err(Error::Expired) } else { Ok(stored) }
}

fn reject_not_waiting(shipment: &Shipment) -> Result<(), Error> {
    reject_ended(shipment)?;
    if shipment.objection().is_some() && shipment.awaits_address() {
        return Err(Error::OnHold);
    }
    match shipment.phase() {
        Phase::Queued(_) if shipment.awaits_address() => Ok(()),
        _ => Err(Error::TooLate),
    }
}

async fn give(
    context: &Context,
    stored: Stored,
    by: Caller,
    what: &str,
    given: GivenAddress,
) -> Result<(), AddressError> {
    let id = stored.shipment().id();
    if context.is_creating(id) {
        return Err(Error::Busy.into());
    }
    // Of two who give an address at once, one is refused.
    let claimed = context.claim(id, &stored.version, context.new_id()).await.map_err(busy)?;
    claimed.during(take(context, &claimed, stored.change.into_shipment(), by, what, given)).await?;
    tracing::info!(shipment = %id, "address of queued order was given");
    context.queue_wake.up();
    Ok(())
}

/// Stores the order with its address, then records that it has one. If the process dies in between, the address can be
/// given again.
async fn take(
    context: &Context,
    claimed: &Claimed<'_>,
    shipment: Shipment,
    by: Caller,
    what: &str,
    given: GivenAddress,
) -> Result<(), AddressError> {
    let sealed = SealedOrder::of(context, &shipment).await?;
    let order = sealed.with(context, given).map_err(AddressError::Refused)?;
    if let Some(finding) = judged(context, &order).await {
        return Err(AddressError::Refused(vec![finding]));
    }
    let country = order.mailing_address.country_code_2.clone();
    sealed.replace(context, order).await?;
    let Phased::Queued(queued) = shipment.phased() else { return Err(Error::TooLate.into()) };
    let change = queued.give_address(by, country, Note::new(context.now(), what)).ok_or(Error::TooLate)?;
    claimed.commit_then(change, Then::Release).await.map_err(busy)?;
    Ok(())
}

fn busy(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(_) => Error::Busy,
        error => Error::Store(error),
    }
}

/// Has the delivery service judge the address. If it does not answer, it judges the order when that is sent.
async fn judged(context: &Context, order: &Order) -> Option<OrderFinding> {
    if order.address_validation_bypass {
        return None;
    }
    let reasons = match context.ports.delivery_service.validate_address(&order.mailing_address).await {
        Ok(Some(AddressVerdict::Undeliverable { reasons })) => reasons,
        Ok(_) => return None,
        Err(failure) => {
            tracing::info!(code = failure.short(), "delivery service did not validate an address; the order goes on");
            return None;
        }
    };
    let reasons = if reasons.is_empty() { "it gave no reason".to_owned() } else { reasons.join("; ") };
    let message = format!("The delivery service cannot deliver to the address: {reasons}");
    let member = Member::Parcel("mailing_address.street_line1");
    Some(OrderFinding::new(CheckCode::UndeliverableAddress, member, message))
}
