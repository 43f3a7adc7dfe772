//! An order as its caller knows it.

use serde_json::{Value, json};

use crate::world::{PEOPLE, Person};
use keyferry_proof_support::order_for;

/// What is to become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Usual,
    /// The delivery service takes it, and its answer is lost.
    AnswerLost,
    /// The delivery service refuses it.
    Refused,
}

/// What the caller was told last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Not asked yet.
    Nothing,
    /// The answer was lost with the connector.
    Lost,
    /// An earlier request with the same key is not known to be over.
    InUse,
    /// It was accepted under this id of the delivery service.
    Accepted(String),
    /// A key may be on its way; the connector's id.
    InDoubt(String),
    /// Nothing was ordered; the status.
    NotOrdered(u16),
}

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) number: usize,
    pub(crate) fate: Fate,
    /// The caller's idempotency key. Without one a caller does not ask again.
    pub(crate) key: Option<String>,
    pub(crate) by_name: bool,
    pub(crate) told: Told,
    pub(crate) asked: u32,
}

impl Order {
    pub(crate) fn new(number: usize, fate: Fate, keyed: bool, by_name: bool) -> Self {
        let key = keyed.then(|| format!("order-{number}"));
        Self { number, fate, key, by_name, told: Told::Nothing, asked: 0 }
    }

    pub(crate) fn person(&self) -> &'static Person {
        &PEOPLE[self.number % PEOPLE.len()]
    }

    /// Stands on the parcel and in the record.
    pub(crate) fn recipient(&self) -> String {
        format!("parcel-{}@contoso.onmicrosoft.com", self.number)
    }

    pub(crate) fn body(&self) -> Value {
        let mut body = order_for(if self.by_name { self.person().name } else { self.person().id });
        body["yubico_shipment_request"]["recipient"]["recipient_email"] = json!(self.recipient());
        body
    }

    /// Whether its caller has a reason, and the right, to ask (again).
    pub(crate) fn is_to_be_asked(&self) -> bool {
        let again = self.key.is_some() && self.asked < 40;
        match self.told {
            Told::Nothing => true,
            Told::Lost | Told::InUse => again,
            Told::NotOrdered(status) => again && status >= 500,
            Told::Accepted(_) | Told::InDoubt(_) => false,
        }
    }
}
