//! Checks the promises on both sides, connector and sandbox, after everything is settled.

mod keys;
mod orders;
mod pins;
mod records;

use std::fmt;

use serde_json::Value;

use crate::case_run::CaseRun;
use crate::connector::{Connector, Stop};
use crate::database::Record;
use crate::order::Order;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    OrderNotLost,
    /// An acceptance that the store refused is recorded without an operator.
    AcceptanceNotForgotten,
    NotOrderedTwice,
    CallerAnswerIsTrue,
    RegisteredOnce,
    RightPerson,
    PinIsDelivered,
    PinUnderOneMessageId,
    /// No PIN is sent twice, unless the process was killed while it was sent.
    PinSentOnce,
    /// No release of a PIN shows it twice.
    PinShownOnce,
    /// Nobody can sign in with the key of an act that was answered or recorded.
    PasskeyIsGone,
    /// Each mail to a person arrives under one message id, and its link works.
    PersonIsAskedOnce,
    Settles,
    CleanUpRemovesAll,
    StoreIsIntact,
}

/// A broken promise, with a description.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    pub(crate) promise: Promise,
    pub(crate) what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.promise, self.what)
    }
}

/// The current state of both sides.
struct Sides {
    parcels: Vec<Parcel>,
    records: Vec<Record>,
}

/// A parcel in the sandbox.
struct Parcel {
    shipment_id: String,
    /// The connector's id, from inside the sealed request.
    request_id: String,
    recipient: String,
    serial: String,
    credential_id: String,
}

impl Parcel {
    fn of(parcel: &Value) -> Self {
        let text = |name: &str| parcel[name].as_str().unwrap_or_default().to_owned();
        Self {
            shipment_id: text("shipment_id"),
            request_id: text("request_id"),
            recipient: text("recipient_email"),
            serial: text("serial_number"),
            credential_id: text("credential_id"),
        }
    }
}

impl Sides {
    fn parcels_of(&self, order: &Order) -> Vec<&Parcel> {
        let recipient = order.recipient();
        self.parcels.iter().filter(|parcel| parcel.recipient == recipient).collect()
    }

    fn records_of(&self, order: &Order) -> Vec<&Record> {
        let recipient = order.recipient();
        self.records.iter().filter(|record| record.recipient == recipient).collect()
    }

    fn record(&self, id: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.id == id)
    }
}

impl CaseRun<'_> {
    /// Checks all promises. Every shipment must be settled.
    pub(crate) async fn check(&mut self, connector: &Connector) -> Result<(), Stop> {
        let parcels = self.world.parcels().await.iter().map(Parcel::of).collect();
        let sides = Sides { parcels, records: self.records()? };
        self.check_orders(&sides);
        self.check_records(&sides, connector).await?;
        self.check_keys(&sides).await;
        self.check_pins(&sides).await;
        Ok(())
    }
}
