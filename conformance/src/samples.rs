//! Shipments, ids and times to test with.

use std::sync::atomic::{AtomicU64, Ordering};

use keyferry_domain::{
    Aaguid, Actor, CallerId, CompletedBy, CredentialId, EmailAddress, Entropy, Event, EventKind, FulfilmentId,
    FulfilmentState, Hardware, History, Key, Obstacle, ObstacleClass, Phase, PhaseName, PinLength, PlannedCredential,
    Product, RegisteredCredential, SerialNumber, Shipment, ShipmentId, Submitting, Timestamp, Tracking, UserHandle,
    UserRef,
};

static COUNTER: AtomicU64 = AtomicU64::new(1);

struct Counter;

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        let count = COUNTER.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        buffer.iter_mut().rev().zip(count.iter().rev()).for_each(|(byte, count)| *byte = *count);
    }
}

/// Seconds after a fixed moment.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_timestamp(1_790_000_000 + second, 0).unwrap()
}

/// A new id; later ones sort after earlier ones.
pub fn id() -> ShipmentId {
    ShipmentId::new(at(0), &Counter)
}

/// An id of the delivery service that is nobody else's.
pub fn fulfilment_id() -> FulfilmentId {
    FulfilmentId::new(format!("8gYnYQk5vVqYzKqY{}", COUNTER.fetch_add(1, Ordering::Relaxed)))
}

/// A shipment whose order is being sent.
pub fn submitting() -> Shipment {
    let mut history = History::default();
    let actor = Actor::Caller(CallerId::new("a1000000-0000-4000-8000-0000000000aa"));
    history.record(Event::new(at(0), EventKind::Submitted, actor, "one key"));
    Shipment {
        id: id(),
        requested_by: CallerId::new("a1000000-0000-4000-8000-0000000000aa"),
        created_at: at(0),
        keys: vec![Key {
            product: Product { product_id: 29, inventory_product_id: 38, customization_id: "RXJN83".into() },
            credentials: vec![PlannedCredential {
                user: UserRef::parse("jürgen.o'neil#ext@contoso.example").unwrap(),
                object_id: None,
                user_handle: UserHandle::new("T0Y6mho3vwFprE6a"),
                rp_id: "login.microsoft.com".into(),
                deadline: at(1_209_600),
            }],
            pin_length: PinLength::try_from(6).unwrap(),
        }],
        enrollment_contacts: vec![EmailAddress::parse("desk@contoso.example").unwrap()],
        recipient_email: None,
        phase: Submitting::new(at(30)).into(),
        obstacle: None,
        history,
    }
}

/// A shipment that the delivery service took.
pub fn accepted() -> Shipment {
    in_phase(PhaseName::Accepted)
}

/// A shipment in any phase.
pub fn in_phase(name: PhaseName) -> Shipment {
    let submitting_phase = Submitting::new(at(30));
    let mut shipment = submitting();
    let accepted = || {
        let state = FulfilmentState { id: Some(103), message: Some("Shipped".into()) };
        let tracking = Tracking { carrier: Some("FEDEX".into()), number: Some("7".into()), link: None };
        Submitting::new(at(30)).accepted(fulfilment_id(), at(2)).seen(state, tracking)
    };
    let fulfilled = || {
        let hardware = Hardware { serial: SerialNumber::new("20123456"), firmware: Some("5.7.4".into()) };
        accepted().fulfilled(vec![hardware], at(3))
    };
    let registered = || {
        let credential = RegisteredCredential {
            credential_id: CredentialId::from_bytes([1; 48]),
            aaguid: Aaguid::from_bytes([2; 16]),
            method_id: "KEY1".into(),
            display_name: "YubiKey 20123456".into(),
            registered_at: at(4),
        };
        fulfilled().registered(vec![vec![credential]], at(4))
    };
    shipment.phase = match name {
        PhaseName::Submitting => submitting_phase.into(),
        PhaseName::Refused => submitting_phase.refused("the address is not known", at(1)).into(),
        PhaseName::Unconfirmed => submitting_phase.unconfirmed("no answer within 30 s", None, at(1)).into(),
        PhaseName::Accepted => accepted().into(),
        PhaseName::Fulfilled => fulfilled().into(),
        PhaseName::Registered => registered().into(),
        PhaseName::Complete => {
            let by = CompletedBy::Caller { caller: CallerId::new("c"), reason: "found in a drawer".into() };
            Phase::from(registered()).set_complete(at(5), by).into()
        }
        PhaseName::Cancelled => fulfilled().cancelled("404", at(4)).into(),
    };
    shipment
}

/// Something in its way.
pub fn obstacle() -> Obstacle {
    Obstacle {
        code: "no-manager".to_owned(),
        class: ObstacleClass::Attention,
        message: "the user has no manager (client-request-id: 4f0c)".into(),
        since: at(5),
        attempts: 2,
        next_attempt: Some(at(65)),
    }
}
