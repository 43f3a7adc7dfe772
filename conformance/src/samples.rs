//! Sample shipments, ids and times.

use std::sync::atomic::{AtomicU64, Ordering};

use keyferry_domain::{
    Aaguid, BatchId, Caller, CallerId, Change, CredentialId, CredentialRequest, DeliveryId, DeliveryState,
    EmailAddress, Entropy, Hardware, Key, NewObstacle, Note, ObstacleClass, OrderInfo, PhaseName, Phased, PinLength,
    PlannedCredential, Product, ProviderId, Queueing, RegisteredCredential, SerialNumber, Shipment, ShipmentId,
    Submission, Timestamp, Tracking, UserHandle, UserRef,
};

static COUNTER: AtomicU64 = AtomicU64::new(1);

struct Counter;

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        let count = COUNTER.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        buffer.iter_mut().rev().zip(count.iter().rev()).for_each(|(byte, count)| *byte = *count);
    }
}

/// Returns a fixed time plus this number of seconds.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_timestamp(1_790_000_000 + second, 0).unwrap()
}

/// Returns a new id. Later ids sort after earlier ones.
pub fn id() -> ShipmentId {
    ShipmentId::new(at(0), &Counter)
}

/// Returns a new batch id.
pub fn batch() -> BatchId {
    BatchId::new(at(0), &Counter)
}

/// Returns a new id of the delivery service.
pub fn delivery_id() -> DeliveryId {
    DeliveryId::new(format!("8gYnYQk5vVqYzKqY{}", COUNTER.fetch_add(1, Ordering::Relaxed)))
}

/// Returns an order for one key, which tests may modify.
pub fn submission() -> Submission {
    Submission {
        id: id(),
        requested_by: Caller::application(CallerId::new("a1000000-0000-4000-8000-0000000000aa")),
        batch: None,
        info: OrderInfo { reference: Some("REQ0010042".into()), ..OrderInfo::default() },
        keys: vec![Key {
            product: Product { product_id: 29, inventory_product_id: 38, customization_id: "RXJN83".into() },
            credentials: vec![PlannedCredential {
                provider: ProviderId::new("entra"),
                user: UserRef::parse("jürgen.o'neil#ext@contoso.example").unwrap(),
                object_id: None,
                rp_id: "login.microsoft.com".into(),
                request: CredentialRequest::Connector {
                    user_handle: UserHandle::new("T0Y6mho3vwFprE6a"),
                    deadline: at(1_209_600),
                },
            }],
            pin_length: PinLength::try_from(6).unwrap(),
        }],
        enrollment_contacts: vec![EmailAddress::parse("desk@contoso.example").unwrap()],
        recipient_email: None,
        until: at(30),
    }
}

/// Returns a note without a correlation id.
pub fn note(second: i64, detail: &str) -> Note {
    Note::new(at(second), detail)
}

/// Returns the change that submits an order.
pub fn submitted(submission: Submission) -> Change {
    Shipment::submit(submission, note(0, "one key"))
}

/// Returns a shipment in phase `submitting`.
pub fn submitting() -> Change {
    submitted(submission())
}

/// Returns a shipment in phase `accepted`.
pub fn accepted() -> Change {
    in_phase(PhaseName::Accepted)
}

/// Returns a shipment whose order waits for its turn.
pub fn queued() -> Change {
    let Submission { id, requested_by, batch, info, keys, .. } = submission();
    let key = keys.into_iter().next().unwrap();
    let user = key.credentials[0].user.clone();
    let (product, pin_length) = (key.product, key.pin_length);
    let queueing = Queueing { id, requested_by, batch, info, product, pin_length, user, from: at(0) };
    Shipment::queue(queueing, note(0, "the order waits for its turn"))
}

/// Returns a shipment in any phase, with all events that lead to it.
pub fn in_phase(name: PhaseName) -> Change {
    match name {
        PhaseName::Queued => queued(),
        _ => advanced(submitting(), name),
    }
}

/// Advances a shipment to a phase.
///
/// # Panics
/// If the phase cannot be reached from the current one.
pub fn advanced(change: Change, name: PhaseName) -> Change {
    let mut change = change;
    while change.shipment().phase().name() != name {
        change = change.then(|shipment| step(shipment, name));
    }
    change
}

fn step(shipment: Shipment, to: PhaseName) -> Change {
    let serial = SerialNumber::new(format!("20{}", &shipment.id().to_string()[30..]));
    match (shipment.phased(), to) {
        (Phased::Submitting(it), PhaseName::Refused) => it.refuse(note(1, "the address is not known")),
        (Phased::Submitting(it), PhaseName::Unconfirmed) => {
            it.lose("no response within 30 s", note(1, "the response was lost"))
        }
        (Phased::Submitting(it), _) => it.accept(delivery_id(), note(2, "accepted")),
        (Phased::Accepted(it), _) => {
            let state = DeliveryState { id: Some(103), message: Some("Shipped".into()) };
            let tracking = Tracking { carrier: Some("FEDEX".into()), number: Some("7".into()), link: None };
            let hardware = Hardware { serial, firmware: Some("5.7.4".into()) };
            it.fulfil(state, tracking, vec![hardware], note(3, "made"))
        }
        (Phased::Fulfilled(it), PhaseName::Cancelling) => {
            it.request_cancel(Caller::application(CallerId::new("desk")), note(4, "the person left"))
        }
        (Phased::Fulfilled(it), PhaseName::Cancelled) => it.cancel("404", note(4, "not known any more")),
        (Phased::Fulfilled(it), _) => {
            let credential = RegisteredCredential {
                credential_id: Some(CredentialId::from_bytes([1; 48])),
                aaguid: Some(Aaguid::from_bytes([2; 16])),
                method_id: "KEY1".into(),
                display_name: "YubiKey 20123456".into(),
                registered_at: at(4),
            };
            it.register(vec![vec![credential]], note(4, "registered"))
        }
        (Phased::Registered(it), _) => it.settle(Caller::application(CallerId::new("c")), note(5, "found in a drawer")),
        (other, to) => panic!("cannot advance from {other:?} to {to:?}"),
    }
}

/// Returns a sample obstacle.
pub fn obstacle() -> NewObstacle {
    NewObstacle {
        code: "no-manager".to_owned(),
        class: ObstacleClass::Attention,
        message: "the user has no manager (client-request-id: 4f0c)".into(),
        summary: "the user has no manager".into(),
        correlation: Some("4f0c".into()),
        next_attempt: Some(at(65)),
        at: at(5),
    }
}

/// Returns the change that adds the sample obstacle to a shipment.
pub fn obstructed(shipment: &Shipment) -> Change {
    shipment.clone().meet(obstacle())
}
