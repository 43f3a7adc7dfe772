//! An order from the caller's point of view.

use serde_json::{Value, json};

use crate::world::{PEOPLE, Person};
use keyferry_proof_support::order_for;

/// The outcome that the test arranges for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    Usual,
    /// The delivery service accepts it, and its answer is lost.
    AnswerLost,
    /// The delivery service refuses it.
    Refused,
}

/// The last answer to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LastAnswer {
    /// No request yet.
    Nothing,
    /// The connector was killed before it answered.
    Lost,
    /// An earlier request with the same idempotency key may still be in progress.
    InUse,
    /// The order was accepted; the delivery service's id.
    Accepted(String),
    /// A key may have been ordered: Keyferry's id, and the delivery service's id if it accepted the order.
    InDoubt { id: String, accepted_as: Option<String> },
    /// Nothing was ordered; the HTTP status.
    NotOrdered(u16),
}

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) number: usize,
    /// Number of the recipient in [`PEOPLE`].
    pub(crate) whose: usize,
    /// Whether it leaves the address out.
    pub(crate) is_without_address: bool,
    pub(crate) scenario: Scenario,
    /// The caller's idempotency key. A caller without one does not repeat a request.
    pub(crate) key: Option<String>,
    pub(crate) by_name: bool,
    pub(crate) last_answer: LastAnswer,
    pub(crate) asked: u32,
}

impl Order {
    pub(crate) fn new(number: usize, scenario: Scenario, keyed: bool, by_name: bool) -> Self {
        let key = keyed.then(|| format!("order-{number}"));
        let whose = number % PEOPLE.len();
        Self {
            number,
            whose,
            is_without_address: false,
            scenario,
            key,
            by_name,
            last_answer: LastAnswer::Nothing,
            asked: 0,
        }
    }

    pub(crate) fn person(&self) -> &'static Person {
        &PEOPLE[self.whose]
    }

    /// Returns the recipient's mail address, which is on the parcel and in the record.
    pub(crate) fn recipient(&self) -> String {
        format!("parcel-{}@contoso.onmicrosoft.com", self.number)
    }

    pub(crate) fn body(&self) -> Value {
        let mut body = order_for(if self.by_name { self.person().name } else { self.person().id });
        body["yubico_shipment_request"]["recipient"]["recipient_email"] = json!(self.recipient());
        if self.is_without_address {
            body["yubico_shipment_request"].as_object_mut().unwrap().remove("mailing_address");
        }
        body
    }

    /// Returns whether the caller sends a (repeated) request.
    pub(crate) fn has_request(&self) -> bool {
        let again = self.key.is_some() && self.asked < 40;
        match self.last_answer {
            LastAnswer::Nothing => true,
            LastAnswer::Lost | LastAnswer::InUse => again,
            LastAnswer::NotOrdered(status) => again && status >= 500,
            LastAnswer::Accepted(_) | LastAnswer::InDoubt { .. } => false,
        }
    }
}
