//! The shipment and what can be read of it.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::obstacle::Obstacle;
use crate::{
    Accepted, BatchId, CallerId, Cancelled, Complete, EmailAddress, Fulfilled, Key, Phase, PlannedCredential, Refused,
    Registered, ShipmentId, Submitting, Timestamp, Unconfirmed,
};

/// One order for one person. It holds no secret, no PIN and no postal address.
///
/// Everything that does not depend on the phase is read through [`Common`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    #[serde(flatten)]
    pub(super) common: Common,
    pub(super) phase: Phase,
}

/// What is known of a shipment in every phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Common {
    pub(super) id: ShipmentId,
    pub(super) requested_by: CallerId,
    pub(super) created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) batch: Option<BatchId>,
    pub(super) keys: Vec<Key>,
    pub(super) enrollment_contacts: Vec<EmailAddress>,
    pub(super) recipient_email: Option<EmailAddress>,
    pub(super) obstacle: Option<Obstacle>,
    /// When the alarm about the challenge's expiry was raised.
    pub(super) deadline_alarm: Option<Timestamp>,
    /// How many events the shipment has.
    pub(super) events: u32,
}

impl Common {
    /// Our id.
    pub fn id(&self) -> ShipmentId {
        self.id
    }

    /// The calling application.
    pub fn requested_by(&self) -> &CallerId {
        &self.requested_by
    }

    /// When the intent was made durable.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// The batch that the order belongs to.
    pub fn batch(&self) -> Option<BatchId> {
        self.batch
    }

    /// The keys ordered; version 1 of the API orders exactly one.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Who receives the PIN instead of the manager.
    pub fn enrollment_contacts(&self) -> &[EmailAddress] {
        &self.enrollment_contacts
    }

    /// The recipient's own address, used for the PIN only where the administrator opted in.
    pub fn recipient_email(&self) -> Option<&EmailAddress> {
        self.recipient_email.as_ref()
    }

    /// What keeps the shipment from progressing.
    pub fn obstacle(&self) -> Option<&Obstacle> {
        self.obstacle.as_ref()
    }

    /// The earliest deadline of its challenges.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.keys.iter().flat_map(|key| &key.credentials).filter_map(PlannedCredential::deadline).min()
    }

    /// When the alarm about the challenge's expiry was raised.
    pub fn deadline_alarm(&self) -> Option<Timestamp> {
        self.deadline_alarm
    }

    /// Which attempt in a row the next obstacle with this code would be: 1 for a new one.
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
    /// The phase.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// The shipment by its phase, which decides the transitions that there are.
    pub fn phased(self) -> Phased {
        let Self { common, phase } = self;
        match phase {
            Phase::Submitting(phase) => Phased::Submitting(In { common, phase }),
            Phase::Refused(phase) => Phased::Refused(In { common, phase }),
            Phase::Unconfirmed(phase) => Phased::Unconfirmed(In { common, phase }),
            Phase::Accepted(phase) => Phased::Accepted(In { common, phase }),
            Phase::Fulfilled(phase) => Phased::Fulfilled(In { common, phase }),
            Phase::Registered(phase) => Phased::Registered(In { common, phase }),
            Phase::Complete(phase) => Phased::Complete(In { common, phase }),
            Phase::Cancelled(phase) => Phased::Cancelled(In { common, phase }),
        }
    }

    /// The guide's state: `ongoing` or `complete`.
    pub fn state(&self) -> &'static str {
        if matches!(self.phase, Phase::Complete(_)) { "complete" } else { "ongoing" }
    }

    /// The guide's `error_message`, if there is one.
    pub fn error_message(&self) -> Option<&str> {
        if let Some(obstacle) = &self.common.obstacle {
            return Some(&obstacle.message);
        }
        match &self.phase {
            Phase::Refused(refused) => Some(&refused.reason),
            Phase::Unconfirmed(unconfirmed) => Some(&unconfirmed.reason),
            Phase::Cancelled(cancelled) => Some(&cancelled.reason),
            _ => None,
        }
    }

    /// When a run must look at it again at the latest, if it must: the obstacle's next attempt, or the end of the task that sends
    /// the order.
    pub fn next_attempt(&self) -> Option<Timestamp> {
        match (&self.common.obstacle, &self.phase) {
            (Some(obstacle), _) => obstacle.next_attempt,
            (None, Phase::Submitting(submitting)) => Some(submitting.until),
            (None, _) => None,
        }
    }
}

/// A shipment in a known phase. Its transitions are the methods of this type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct In<P> {
    pub(super) common: Common,
    pub(super) phase: P,
}

impl<P> In<P> {
    /// What is known in this phase.
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

/// A shipment by its phase.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `Phase`")]
pub enum Phased {
    Submitting(In<Submitting>),
    Refused(In<Refused>),
    Unconfirmed(In<Unconfirmed>),
    Accepted(In<Accepted>),
    Fulfilled(In<Fulfilled>),
    Registered(In<Registered>),
    Complete(In<Complete>),
    Cancelled(In<Cancelled>),
}

impl From<Phased> for Shipment {
    fn from(phased: Phased) -> Self {
        match phased {
            Phased::Submitting(it) => it.into(),
            Phased::Refused(it) => it.into(),
            Phased::Unconfirmed(it) => it.into(),
            Phased::Accepted(it) => it.into(),
            Phased::Fulfilled(it) => it.into(),
            Phased::Registered(it) => it.into(),
            Phased::Complete(it) => it.into(),
            Phased::Cancelled(it) => it.into(),
        }
    }
}
