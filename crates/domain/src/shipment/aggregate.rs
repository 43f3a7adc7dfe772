//! The shipment and its accessors.

use std::borrow::Cow;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::access_pass::AccessPass;
use super::info::OrderInfo;
use super::obstacle::Obstacle;
use super::person::PersonSide;
use super::pin_link::PinLink;
use super::withdrawal::Withdrawal;
use crate::{
    Accepted, BatchId, Caller, Cancellation, Cancelled, CancelledBy, Cancelling, Complete, EmailAddress, Fulfilled,
    Key, ObstacleClass, Phase, PlannedCredential, Queued, Refused, Registered, Revocation, ShipmentId, Submitting,
    Timestamp, Unconfirmed, UserRef,
};

/// One order for one user. Contains no secret, no PIN and no postal address.
///
/// Dereferences to [`Common`], the data that does not depend on the phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    #[serde(flatten)]
    pub(super) common: Common,
    pub(super) phase: Phase,
}

/// Data of a shipment that does not depend on its phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Common {
    pub(super) id: ShipmentId,
    pub(super) requested_by: Caller,
    pub(super) created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) batch: Option<BatchId>,
    #[serde(default, skip_serializing_if = "OrderInfo::is_empty")]
    pub(super) info: OrderInfo,
    /// Newest shipment that replaces this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) replaced_by: Option<ShipmentId>,
    /// Registered credentials that were revoked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) revoked: Vec<Revocation>,
    /// Act that ends the use of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) withdrawal: Option<Withdrawal>,
    pub(super) keys: Vec<Key>,
    pub(super) enrollment_contacts: Vec<EmailAddress>,
    pub(super) recipient_email: Option<EmailAddress>,
    pub(super) obstacle: Option<Obstacle>,
    /// Time at which the alarm about the expiry of the challenge was raised.
    pub(super) deadline_alarm: Option<Timestamp>,
    /// Time at which the alarm was raised that the key will arrive too late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) late_alarm: Option<Timestamp>,
    /// Time of the last event about a refused request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) limit_reached: Option<Timestamp>,
    /// Newest link to the page that shows the PIN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pin_link: Option<PinLink>,
    /// Newest request for a temporary access pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) access_pass: Option<AccessPass>,
    /// Mails to the person, an objection, and an address that the person gives.
    #[serde(default, skip_serializing_if = "PersonSide::is_empty")]
    pub(super) person: PersonSide,
    /// Number of events of the shipment.
    pub(super) events: u32,
}

impl Common {
    /// Returns Keyferry's id of the shipment.
    pub fn id(&self) -> ShipmentId {
        self.id
    }

    /// Returns the caller that placed the order.
    pub fn requested_by(&self) -> &Caller {
        &self.requested_by
    }

    /// Returns the time at which the intent to order was stored.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Returns the batch of the order, if any.
    pub fn batch(&self) -> Option<BatchId> {
        self.batch
    }

    /// Returns what the caller said about the order.
    pub fn info(&self) -> &OrderInfo {
        &self.info
    }

    /// Returns the newest shipment that replaces this one.
    pub fn replaced_by(&self) -> Option<ShipmentId> {
        self.replaced_by
    }

    /// Returns the time at which the registered credential with this method was revoked, if it was.
    pub fn revoked_at(&self, method_id: &str) -> Option<Timestamp> {
        self.revoked.iter().find(|one| one.method_id == method_id).map(|one| one.at)
    }

    /// Returns the act that ends the use of the key, if there is one.
    pub fn withdrawal(&self) -> Option<&Withdrawal> {
        self.withdrawal.as_ref()
    }

    /// Returns the ordered keys. Version 1 of the API orders exactly one.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Returns the addressees of the PIN given in the order, in place of the user's manager.
    pub fn enrollment_contacts(&self) -> &[EmailAddress] {
        &self.enrollment_contacts
    }

    /// Returns the recipient's own address. Used for the PIN only if the settings allow it.
    pub fn recipient_email(&self) -> Option<&EmailAddress> {
        self.recipient_email.as_ref()
    }

    /// Returns the newest link to the page that shows the PIN, if one was made.
    pub fn pin_link(&self) -> Option<&PinLink> {
        self.pin_link.as_ref()
    }

    /// Returns the newest request for a temporary access pass, if there was one.
    pub fn access_pass(&self) -> Option<&AccessPass> {
        self.access_pass.as_ref()
    }

    /// Closes the link to the page that shows the PIN, if it is open.
    pub(super) fn close_pin_link(&mut self, at: Timestamp) {
        if let Some(link) = &mut self.pin_link {
            link.close(at);
        }
    }

    /// Returns the obstacle that keeps the shipment from progressing, if any.
    pub fn obstacle(&self) -> Option<&Obstacle> {
        self.obstacle.as_ref()
    }

    /// Returns the earliest deadline of the challenges.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.keys.iter().flat_map(|key| &key.credentials).filter_map(PlannedCredential::deadline).min()
    }

    /// Returns the time at which the alarm about the expiry of the challenge was raised.
    pub fn deadline_alarm(&self) -> Option<Timestamp> {
        self.deadline_alarm
    }

    /// Returns the attempt number of the next obstacle with this code: 1 if it differs from the current obstacle.
    pub fn attempts_with(&self, code: &str) -> u32 {
        let met = self.obstacle.as_ref().filter(|met| met.code == code);
        met.map_or(0, |met| met.attempts).saturating_add(1)
    }
}

impl Deref for Shipment {
    type Target = Common;

    fn deref(&self) -> &Common {
        &self.common
    }
}

impl Shipment {
    /// Returns the phase.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Returns the shipment typed by its phase. The type determines the available transitions.
    pub fn phased(self) -> Phased {
        let Self { common, phase } = self;
        match phase {
            Phase::Queued(phase) => Phased::Queued(In { common, phase }),
            Phase::Submitting(phase) => Phased::Submitting(In { common, phase }),
            Phase::Refused(phase) => Phased::Refused(In { common, phase }),
            Phase::Unconfirmed(phase) => Phased::Unconfirmed(In { common, phase }),
            Phase::Accepted(phase) => Phased::Accepted(In { common, phase }),
            Phase::Fulfilled(phase) => Phased::Fulfilled(In { common, phase }),
            Phase::Registered(phase) => Phased::Registered(In { common, phase }),
            Phase::Complete(phase) => Phased::Complete(In { common, phase }),
            Phase::Cancelling(phase) => Phased::Cancelling(In { common, phase }),
            Phase::Cancelled(phase) => Phased::Cancelled(In { common, phase }),
        }
    }

    /// Returns the user of the first credential as given by the caller.
    pub fn user(&self) -> Option<&UserRef> {
        let credential = self.common.keys.iter().flat_map(|key| &key.credentials).next();
        credential.map(|credential| &credential.user).or_else(|| self.queued_for())
    }

    /// Returns the user name under which the user was ordered for, by this order or by the one that it replaces. It may
    /// be another user's by now.
    pub fn user_name(&self) -> Option<&str> {
        match self.user() {
            Some(UserRef::Upn(upn)) => Some(upn.as_str()),
            _ => self.info().user_name.as_deref(),
        }
    }

    /// Returns the time at which the last registered credential was revoked, if all are: the key cannot be used.
    pub fn key_revoked_at(&self) -> Option<Timestamp> {
        let registered = self.phase.registered()?.credentials.iter().flatten();
        let revoked = registered.map(|credential| self.revoked_at(&credential.method_id));
        revoked.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// Returns the user of an order that has not been sent.
    fn queued_for(&self) -> Option<&UserRef> {
        self.phase.queued().map(|queued| &queued.user)
    }

    /// Returns the state defined by the guide: `ongoing` or `complete`.
    pub fn state(&self) -> &'static str {
        if matches!(self.phase, Phase::Complete(_)) { "complete" } else { "ongoing" }
    }

    /// Returns the `error_message` defined by the guide, if there is one.
    pub fn error_message(&self) -> Option<Cow<'_, str>> {
        let obstacle = self.common.obstacle.as_ref().map(|obstacle| obstacle.message.as_str());
        match (self.cancellation(), obstacle, &self.phase) {
            (Some(Cancellation { by, reason, .. }), obstacle, _) => {
                let obstacle = obstacle.map(|message| format!(". {message}")).unwrap_or_default();
                Some(format!("Cancelled by {by}: {reason}{obstacle}").into())
            }
            (None, Some(message), _) => Some(message.into()),
            (None, None, Phase::Refused(refused)) => Some(refused.reason.as_str().into()),
            (None, None, Phase::Unconfirmed(unconfirmed)) => Some(unconfirmed.reason.as_str().into()),
            (None, None, Phase::Cancelled(cancelled)) => Some(cancelled.reason.as_str().into()),
            (None, None, _) => None,
        }
    }

    /// Returns the tracking number of the parcel, once known.
    pub fn tracking_number(&self) -> Option<&str> {
        self.phase.accepted().and_then(|accepted| accepted.tracking.number.as_deref())
    }

    /// Returns whether the shipment cannot progress without an operator: an obstacle of class `attention` or `final`,
    /// an unconfirmed order, or a cancelled shipment whose key exists.
    pub fn needs_human(&self) -> bool {
        let obstacle = self.common.obstacle.as_ref().map(|obstacle| obstacle.class);
        match &self.phase {
            Phase::Unconfirmed(_) => true,
            Phase::Cancelling(cancelling) if cancelling.key_exists() => true,
            _ => matches!(obstacle, Some(ObstacleClass::Attention | ObstacleClass::Final)),
        }
    }

    /// Returns the request to cancel the shipment, if there was one.
    pub fn cancellation(&self) -> Option<&Cancellation> {
        match &self.phase {
            Phase::Cancelling(Cancelling { request, .. })
            | Phase::Cancelled(Cancelled { by: CancelledBy::Caller(request), .. }) => Some(request),
            _ => None,
        }
    }

    /// Returns the time by which the shipment must be processed again: the obstacle's next attempt, the time from which
    /// a queued order may be sent, the end of the task that sends the order, or the next mail to the person.
    pub fn next_attempt(&self) -> Option<Timestamp> {
        let work = match (&self.common.obstacle, &self.phase) {
            (Some(obstacle), _) => obstacle.next_attempt,
            (None, Phase::Queued(queued)) => Some(self.common.person.address_due().unwrap_or(queued.from)),
            (None, Phase::Submitting(submitting)) => Some(submitting.until),
            (None, _) => None,
        };
        let mail = self.due_mail().map(|(_, from)| from);
        [work, mail].into_iter().flatten().min()
    }
}

/// Shipment in phase `P`. The methods of this type are the transitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct In<P> {
    pub(super) common: Common,
    pub(super) phase: P,
}

impl<P> In<P> {
    /// Returns the data of the phase.
    pub fn phase(&self) -> &P {
        &self.phase
    }
}

impl<P> Deref for In<P> {
    type Target = Common;

    fn deref(&self) -> &Common {
        &self.common
    }
}

impl<P: Into<Phase>> From<In<P>> for Shipment {
    fn from(In { common, phase }: In<P>) -> Self {
        Self { common, phase: phase.into() }
    }
}

/// Shipment typed by its phase.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `Phase`")]
pub enum Phased {
    Queued(In<Queued>),
    Submitting(In<Submitting>),
    Refused(In<Refused>),
    Unconfirmed(In<Unconfirmed>),
    Accepted(In<Accepted>),
    Fulfilled(In<Fulfilled>),
    Registered(In<Registered>),
    Complete(In<Complete>),
    Cancelling(In<Cancelling>),
    Cancelled(In<Cancelled>),
}

impl From<Phased> for Shipment {
    fn from(phased: Phased) -> Self {
        match phased {
            Phased::Queued(it) => it.into(),
            Phased::Submitting(it) => it.into(),
            Phased::Refused(it) => it.into(),
            Phased::Unconfirmed(it) => it.into(),
            Phased::Accepted(it) => it.into(),
            Phased::Fulfilled(it) => it.into(),
            Phased::Registered(it) => it.into(),
            Phased::Complete(it) => it.into(),
            Phased::Cancelling(it) => it.into(),
            Phased::Cancelled(it) => it.into(),
        }
    }
}
