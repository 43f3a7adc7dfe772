//! Transitions of orders that wait for their turn.

use crate::shipment::aggregate::{Common, In, Shipment};
use crate::shipment::change::Change;
use crate::shipment::person::PersonSide;
use crate::{
    Actor, BatchId, Caller, Cancellation, EmailAddress, EventKind, Key, Note, OrderInfo, PinLength, PlannedCredential,
    Product, Queued, ShipmentId, Submitting, Timestamp, UserRef,
};

/// Order that waits for its turn. Address and contacts are not part of it: they are sealed until the order is sent.
#[derive(Clone, Debug)]
pub struct Queueing {
    /// Keyferry's id of the shipment.
    pub id: ShipmentId,
    /// Caller that ordered it.
    pub requested_by: Caller,
    /// Batch of the order, if any.
    pub batch: Option<BatchId>,
    /// What the caller said about the order.
    pub info: OrderInfo,
    /// Product ordered.
    pub product: Product,
    /// Length of the PIN.
    pub pin_length: PinLength,
    /// User for whom the key is ordered.
    pub user: UserRef,
    /// Time from which the order may be sent.
    pub from: Timestamp,
}

impl Shipment {
    /// Creates a shipment whose order waits for its turn. Its creation time is the time of the note.
    pub fn queue(queueing: Queueing, note: Note) -> Change {
        let Queueing { id, requested_by, batch, info, product, pin_length, user, from } = queueing;
        let actor = Actor::Caller(requested_by.clone());
        let common = Common {
            id,
            requested_by,
            created_at: note.at,
            batch,
            info,
            replaced_by: None,
            revoked: Vec::new(),
            withdrawal: None,
            keys: vec![Key { product, credentials: Vec::new(), pin_length }],
            enrollment_contacts: Vec::new(),
            recipient_email: None,
            obstacle: None,
            deadline_alarm: None,
            late_alarm: None,
            limit_reached: None,
            pin_link: None,
            access_pass: None,
            person: PersonSide::default(),
            events: 0,
        };
        Change::with_event(Self { common, phase: Queued::new(user, from).into() }, EventKind::Queued, actor, note)
    }

    /// Links the shipment to a newer one that replaces it.
    pub fn replaced(mut self, by: ShipmentId, caller: Caller, note: Note) -> Change {
        self.common.replaced_by = Some(by);
        let planned = self.common.withdrawal.as_mut().and_then(|withdrawal| withdrawal.replacement.as_mut());
        if let Some(planned) = planned.filter(|planned| planned.shipment == by) {
            planned.is_queued = true;
        }
        Change::with_event(self, EventKind::Replaced, Actor::Caller(caller), note)
    }
}

/// What is known about a queued order when it is about to be sent.
#[derive(Clone, Debug)]
pub struct Dispatch {
    /// Product of the key. Another inventory than in the queue may supply it.
    pub product: Product,
    /// Credentials of the key.
    pub credentials: Vec<PlannedCredential>,
    /// Addressees of the PIN, in place of the user's manager.
    pub enrollment_contacts: Vec<EmailAddress>,
    /// Recipient's own address, if it is valid.
    pub recipient_email: Option<EmailAddress>,
    /// Country of the parcel. The queued record does not contain it if the address came from the directory.
    pub country: String,
    /// Time until which the task that sends the order may be running.
    pub until: Timestamp,
}

impl In<Queued> {
    /// Records that the order is about to be sent.
    pub fn dispatch(self, dispatch: Dispatch, note: Note) -> Change {
        let Dispatch { product, credentials, enrollment_contacts, recipient_email, country, until } = dispatch;
        let Self { mut common, phase } = self;
        // A queued order has exactly one key.
        for key in &mut common.keys {
            key.credentials.clone_from(&credentials);
            key.product.clone_from(&product);
        }
        common.enrollment_contacts = enrollment_contacts;
        common.recipient_email = recipient_email;
        common.info.country = Some(country);
        Self { common, phase }.enter(|phase| phase.submitting(until), EventKind::Submitted, Actor::Processing, note)
    }

    /// Cancels the order on request. Nothing was sent, so nothing can be deleted or watched. The note's detail is the
    /// reason.
    pub fn request_cancel(self, by: Caller, note: Note) -> Change {
        let request = Cancellation { by: by.clone(), reason: note.detail.clone(), at: note.at };
        self.enter(|phase| phase.cancelled(request), EventKind::CancelRequested, Actor::Caller(by), note)
    }

    /// Requests that the order is tried again at once, even if its obstacle is final. Releases an order to which the
    /// person objected, and asks the person for a missing address again.
    pub fn retry(mut self, by: Caller, note: Note) -> Change {
        self.common.person.resume(note.at);
        self.enter(|phase| phase, EventKind::RetryRequested, Actor::Caller(by), note)
    }
}

impl In<Submitting> {
    /// Returns the order to the queue: it was not placed, for a reason that time will fix. Contacts leave the record
    /// again.
    pub fn requeue(self, user: UserRef, note: Note) -> Change {
        let at = note.at;
        let Self { mut common, phase } = self;
        for key in &mut common.keys {
            key.credentials.clear();
        }
        common.enrollment_contacts.clear();
        common.recipient_email = None;
        Self { common, phase }.enter(|phase| phase.queued_again(user, at), EventKind::Requeued, Actor::Processing, note)
    }
}
