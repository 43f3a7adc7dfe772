//! The promises, looked for on both sides once everything is settled.

mod keys;
mod orders;
mod pins;
mod records;

use std::fmt;

use serde_json::Value;

use crate::database::Record;
use crate::life::{Life, Stop};
use crate::order::Order;
use crate::voyage::Voyage;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    NotForgotten,
    NotOrderedTwice,
    CallerIsToldTheTruth,
    RegisteredOnce,
    RightPerson,
    PinIsHandedOver,
    PinUnderOneMessageId,
    Settles,
    LeavesNothing,
    StoreIsSound,
}

/// A promise that was not kept, and how.
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

/// Both sides, as they are now.
struct Sides {
    parcels: Vec<Parcel>,
    records: Vec<Record>,
}

/// A parcel of the sandbox's.
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

impl Voyage<'_> {
    /// Everything is as far as it goes: what was promised?
    pub(crate) async fn check(&mut self, life: &Life) -> Result<(), Stop> {
        let parcels = self.world.parcels().await.iter().map(Parcel::of).collect();
        let sides = Sides { parcels, records: self.records()? };
        self.check_orders(&sides);
        self.check_records(&sides, life).await?;
        self.check_keys(&sides).await;
        self.check_pins(&sides).await;
        Ok(())
    }
}
