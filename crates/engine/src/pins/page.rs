//! The page that shows PINs to their addressees, once.

use std::sync::Arc;

use keyferry_domain::ports::{SecretName, StoreError, Stored};
use keyferry_domain::{
    Caller, Failure, FailureClass, Note, ObjectId, PhaseName, PinLink, Registered, Shipment, Timestamp,
};
use tracing::Instrument as _;

use super::addressee::Addressee;
use super::keys::Keys;
use super::link;
use super::message::MessageClass;
use super::opened::ShownPin;
use super::release::Ready;
use super::release_rule::ReleaseRule;
use super::rule::{PinRelease as Release, ShownAfter};
use super::viewer::is_addressee;
use crate::ceremony::PinSource;
use crate::claim::Claimed;
use crate::context::Context;
use crate::delivery;
use crate::failures::findings;
use crate::shipment_secret::PinRelease;

/// PINs that wait for their addressee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinOffer {
    /// Serial numbers of the keys.
    pub serials: Vec<String>,
    /// User of the keys, as the order named it.
    pub user: String,
    /// Whether the addressee must confirm that the keys have arrived.
    pub needs_confirmation: bool,
    /// Time from which the link is not valid any more.
    pub expires_at: Timestamp,
}

/// Reason why a page does not show a PIN. Nothing was released then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinPageError {
    /// The link is unknown, a newer one replaced it, or the order has ended and its secret is deleted.
    #[error("the link is unknown or was replaced")]
    Unknown,
    /// The signed-in user is not the addressee.
    #[error("the user is not the addressee of the PIN")]
    NotAddressee,
    /// The link was used.
    #[error("the link was used")]
    Used,
    /// The link was closed without being used: the shipment was settled, or the PIN was released another way.
    #[error("the link was closed")]
    Closed,
    /// The link has expired.
    #[error("the link has expired")]
    Expired,
    /// The parcel is not delivered yet.
    #[error("the parcel is not delivered yet")]
    NotDelivered,
    /// The addressee did not confirm that the key has arrived.
    #[error("the arrival of the key is not confirmed")]
    NotConfirmed,
    /// A release rule forbids it, for example because the addressee changed.
    #[error("a release rule forbids to show the PIN")]
    Refused,
    /// The key is not registered any more, or was revoked.
    #[error("the key cannot be used any more")]
    Revoked,
    /// The shipment is being processed, or the link is being used in another browser.
    #[error("the shipment is being processed")]
    Busy,
    /// Fetching or opening failed.
    #[error("{0}")]
    Failed(Failure),
    /// The store failed.
    #[error("{0}")]
    Store(StoreError),
}

impl From<Failure> for PinPageError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Shows PINs to their addressees. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct PinPages(Arc<Context>);

impl PinPages {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Returns what waits behind a link for the user with this object id. Releases nothing.
    ///
    /// # Errors
    /// [`PinPageError`] if the page would not show the PIN.
    pub async fn look(&self, token: &str, viewer: ObjectId) -> Result<PinOffer, PinPageError> {
        let context = &*self.0;
        let found = Found::of(context, token).await?;
        found.check(context, viewer).await?;
        if context.settings.pin_shown_after == ShownAfter::Delivery && !found.release.despite_rules {
            let id = &found.registered.fulfilled.accepted.delivery_id;
            if !delivery::status_of_registered(context, id).await?.delivered {
                return Err(PinPageError::NotDelivered);
            }
        }
        Ok(PinOffer {
            serials: found.release.addressees.keys().cloned().collect(),
            user: found.shipment().user().map(ToString::to_string).unwrap_or_default(),
            needs_confirmation: context.settings.pin_shown_after == ShownAfter::Confirmation,
            expires_at: found.release.expires_at,
        })
    }

    /// Closes a link, and returns its PINs. The link is closed durably before, so no second call returns them, whatever
    /// happens to this one. Runs in its own task, which continues if the caller disconnects.
    ///
    /// # Errors
    /// [`PinPageError`]. The link is still open then, unless the store failed.
    pub async fn show(
        &self,
        token: &str,
        viewer: ObjectId,
        by: Caller,
        confirmed: bool,
    ) -> Result<Vec<ShownPin>, PinPageError> {
        let (context, token) = (self.0.clone(), token.to_owned());
        let work = async move { show(&context, &token, viewer, by, confirmed).await };
        match self.0.tasks.spawn(work.in_current_span()).await {
            Ok(result) => result,
            // Continue a panic in the caller's task, so that it is reported like any panic of a request.
            Err(error) => match error.try_into_panic() {
                Ok(defect) => std::panic::resume_unwind(defect),
                Err(error) => Err(PinPageError::Store(StoreError::Unavailable(error.to_string()))),
            },
        }
    }
}

/// Shipment of a link, and its release.
struct Found {
    stored: Stored,
    registered: Registered,
    release: PinRelease,
}

impl Found {
    async fn of(context: &Context, token: &str) -> Result<Self, PinPageError> {
        if context.settings.pin_release != Release::Page {
            return Err(PinPageError::Unknown);
        }
        let (id, secret_part) = link::parse(token).ok_or(PinPageError::Unknown)?;
        let stored = context.ports.shipments.get(id).await.map_err(PinPageError::Store)?;
        let stored = stored.ok_or(PinPageError::Unknown)?;
        let shipment = stored.change.shipment();
        let registered = shipment.phase().registered().cloned().ok_or(PinPageError::Unknown)?;
        let secret = match context.secret(shipment).await {
            Ok(secret) => secret,
            // The order has ended. Whose the link was cannot be known any more, so nobody learns more about it.
            Err(failure) if failure.class() == FailureClass::SecretLost => return Err(PinPageError::Unknown),
            Err(failure) => return Err(failure.into()),
        };
        let release = secret.link().filter(|link| link.is_of(secret_part)).cloned();
        let release = release.ok_or(PinPageError::Unknown)?;
        Ok(Self { stored, registered, release })
    }

    fn shipment(&self) -> &Shipment {
        self.stored.change.shipment()
    }

    /// Checks what needs no call to the delivery service.
    async fn check(&self, context: &Context, viewer: ObjectId) -> Result<(), PinPageError> {
        let shipment = self.shipment();
        // First, so that others learn nothing about the link.
        for (key, hardware) in shipment.keys().iter().zip(&self.registered.fulfilled.keys) {
            if !self.is_shown(context, key)? {
                continue;
            }
            let addressee = self.release.addressees.get(hardware.serial.as_str()).unwrap_or(&Addressee::Elsewhere);
            if !is_addressee(context, (shipment, key), addressee, viewer).await? {
                return Err(PinPageError::NotAddressee);
            }
        }
        let phase = shipment.phase().name();
        let is_ended = shipment.key_revoked_at().is_some() || shipment.withdrawal().is_some();
        if !matches!(phase, PhaseName::Registered | PhaseName::Complete) || is_ended {
            return Err(PinPageError::Revoked);
        }
        if shipment.objection().is_some() {
            return Err(PinPageError::Refused);
        }
        let recorded = shipment.pin_link().filter(|link| link.id == self.release.id);
        if recorded.is_some_and(|link| link.closed_at.is_some()) {
            return Err(PinPageError::Closed);
        }
        // The journal is asked as well, because a restored database forgets that a PIN was seen.
        let is_restored = phase == PhaseName::Registered && context.ledger.is_pin_sent(shipment.id());
        if self.release.is_used || is_restored || recorded.is_some_and(|link| link.seen_at.is_some()) {
            return Err(PinPageError::Used);
        }
        if self.release.expires_at <= context.now() {
            return Err(PinPageError::Expired);
        }
        Ok(())
    }

    fn is_shown(&self, context: &Context, key: &keyferry_domain::Key) -> Result<bool, Failure> {
        Ok(matches!(context.ceremonies.of_key(key)?.pin(), PinSource::Connector(_)))
    }
}

async fn show(
    context: &Context,
    token: &str,
    viewer: ObjectId,
    by: Caller,
    confirmed: bool,
) -> Result<Vec<ShownPin>, PinPageError> {
    let found = Found::of(context, token).await?;
    found.check(context, viewer).await?;
    if context.settings.pin_shown_after == ShownAfter::Confirmation && !confirmed {
        return Err(PinPageError::NotConfirmed);
    }
    let (id, worker) = (found.shipment().id(), context.new_id());
    let claimed = context.claim(id, &found.stored.version, worker).await.map_err(|error| match error {
        StoreError::Conflict(_) => PinPageError::Busy,
        error => PinPageError::Store(error),
    })?;
    let shown = claimed.during(open_and_close(context, &found, &claimed, by)).await;
    if let Err(error) = &shown {
        tracing::warn!(shipment = %id, %error, "did not show PIN");
    }
    shown
}

/// Opens the PINs, then closes the link, then returns them. A link is not wasted by an outage.
async fn open_and_close(
    context: &Context,
    found: &Found,
    claimed: &Claimed<'_>,
    by: Caller,
) -> Result<Vec<ShownPin>, PinPageError> {
    let (shipment, registered) = (found.shipment(), &found.registered);
    let status = delivery::status_of_registered(context, &registered.fulfilled.accepted.delivery_id).await?;
    let delivered = status.delivered;
    let ready = Ready::of_status(context, registered, shipment, status, false, &MessageClass::Automatic).await?;
    let is_same = |(resolved, serial): (&super::addressees::Resolved, &str)| {
        found.release.addressees.get(serial).is_some_and(|released| resolved.addressee.is_same(released))
    };
    let serials = registered.fulfilled.keys.iter().map(|hardware| hardware.serial.as_str());
    if !ready.resolved.iter().zip(serials).all(is_same) {
        return Err(PinPageError::Refused);
    }
    if !found.release.despite_rules {
        // The addressee was compared with that of the link.
        if ready.rules.contains(&ReleaseRule::ParcelFailed) {
            return Err(PinPageError::Refused);
        }
        let waits = context.settings.pin_shown_after == ShownAfter::Delivery && !delivered;
        if waits || ready.rules.contains(&ReleaseRule::ParcelNotDelivered) {
            return Err(PinPageError::NotDelivered);
        }
    }
    let shown = ready.opened().await?;
    close(context, found, claimed, &ready.keys, by).await?;
    Ok(shown)
}

/// Closes the link in the record, in the secret, and in the journal. After an error, the PIN must not be shown.
async fn close(
    context: &Context,
    found: &Found,
    claimed: &Claimed<'_>,
    keys: &Keys<'_>,
    by: Caller,
) -> Result<(), PinPageError> {
    let id = found.shipment().id();
    let used = found.release.used();
    let link = PinLink::new(used.id, used.expires_at);
    let serials = used.addressees.keys().cloned().collect::<Vec<_>>().join(", ");
    let note = Note::new(context.now(), format!("the addressee has seen the PIN of key {serials} on the page"));
    let change = found.stored.change.clone().then(|shipment| shipment.pin_seen(link, by, note));
    claimed.commit(change).await.map_err(|error| match error {
        StoreError::Conflict(_) => PinPageError::Busy,
        error => PinPageError::Store(error),
    })?;
    let changed = keys.secret.with_link(used).map_err(|_| findings::secret_not_encoded())?;
    let replaced = context.ports.secrets.replace(&SecretName::of(id), keys.secret.stored(), changed.stored()).await;
    replaced.map_err(PinPageError::Store)?;
    context.ledger.pin_sent(id, context.now()).await;
    tracing::info!(shipment = %id, "showed PIN to its addressee");
    Ok(())
}
