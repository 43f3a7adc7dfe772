//! Response of `GET /fpr/shipments/{id}`.
//!
//! State, serial numbers, responses and the shipment's id decide what is done, so their forms are strict. All other
//! members only inform: one that cannot be read counts as missing.

use std::collections::BTreeSet;

use keyferry_domain::ports::{DeliveredItem, DeliveryStatus};
use keyferry_domain::{DeliveryId, Hardware, SerialNumber, Tracking};
use serde::Deserialize;

use super::object::Object;
use super::states::{Nested, StateId, state};
use super::text::{Info, Text, Texts};
use crate::states::{interpret, is_delivered};

/// The members of the response that are used.
///
/// No struct here is flattened: serde buffers flattened members, and [`Info`] cannot be read from the buffer.
#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    shipment_id: Text,
    #[serde(default)]
    shipment_state: Nested,
    #[serde(default)]
    shipment_state_id: StateId,
    #[serde(default)]
    shipment_state_message: Info,
    // inferred: the members of the parcel are documented for `shipments_exact`. Their place in the `/fpr` object is not
    // documented.
    #[serde(default)]
    carrier: Info,
    #[serde(default)]
    tracking_number: Info,
    #[serde(default)]
    tracking_link: Info,
    #[serde(default)]
    shipment_items: Option<Vec<Object<Item>>>,
}

#[derive(Debug, Deserialize)]
struct Item {
    #[serde(default)]
    product_data: Option<Vec<Object<ProductData>>>,
}

/// A published schema contains both spellings of these members. The vendor's flows read the longer names, so they take
/// precedence.
#[derive(Debug, Deserialize)]
struct ProductData {
    #[serde(default)]
    serial_number: Text,
    #[serde(default)]
    serial: Text,
    #[serde(default)]
    firmware_version: Info,
    #[serde(default)]
    version: Info,
    #[serde(default)]
    fido_pin_response: Text,
    #[serde(default)]
    fido_credential_responses: Texts,
    #[serde(default)]
    fido_credential_response: Texts,
    #[serde(default)]
    carrier: Info,
    #[serde(default)]
    tracking_number: Info,
    #[serde(default)]
    tracking_link: Info,
}

/// A response that is well-formed.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct ShipmentAnswer(Object<Body>);

/// Reasons why a response that is well-formed cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    /// A finished key has responses but no serial number.
    #[error("`product_data` contains sealed responses but no `serial_number`")]
    MissingSerial,
    /// The response is about another shipment.
    #[error("the response is about another shipment")]
    OtherShipment {
        /// `shipment_id` of the response. Untrusted, but without control characters and truncated.
        answered: String,
    },
}

/// A response as the domain's type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) status: DeliveryStatus,
    /// Names of the members that could not be read. They count as missing.
    pub(crate) unreadable: BTreeSet<&'static str>,
}

impl ShipmentAnswer {
    /// Converts the response about the shipment `asked` to the domain's type. An entry with neither serial number nor
    /// responses belongs to a key that is not made yet; it is skipped.
    ///
    /// # Errors
    /// [`Unusable`]. A response without an id is accepted: its sealed responses name the order that they belong to.
    pub(crate) fn into_status(self, asked: &DeliveryId, correlation: String) -> Result<Parsed, Unusable> {
        let Self(Object(body)) = self;
        if let Some(answered) = body.shipment_id.into_option()
            && answered != asked.as_str()
        {
            return Err(Unusable::OtherShipment { answered: keyferry_http::clean(&answered) });
        }
        let mut unreadable = BTreeSet::new();
        let state = state(body.shipment_state, body.shipment_state_id, body.shipment_state_message, &mut unreadable);
        let mut parcel = Parcel::read(body.carrier, body.tracking_number, body.tracking_link, &mut unreadable);
        let mut items = Vec::new();
        let products = body.shipment_items.into_iter().flatten().flat_map(|Object(item)| item.product_data);
        for Object(data) in products.flatten() {
            let made = data.made(&mut unreadable)?;
            parcel = parcel.or(made.parcel);
            items.extend(made.item);
        }
        let (progress, state_line) = interpret(&state);
        let (delivered, tracking) = (is_delivered(&state), parcel.into());
        let status = DeliveryStatus { state, progress, delivered, state_line, tracking, items, correlation };
        Ok(Parsed { status, unreadable })
    }
}

struct Made {
    item: Option<DeliveredItem>,
    parcel: Parcel,
}

impl ProductData {
    fn made(self, unreadable: &mut BTreeSet<&'static str>) -> Result<Made, Unusable> {
        let mut credential_responses = self.fido_credential_responses.0;
        if credential_responses.is_empty() {
            credential_responses = self.fido_credential_response.0;
        }
        let pin_response = self.fido_pin_response.into_option();
        let firmware = self.firmware_version.read("firmware_version", unreadable);
        let firmware = firmware.or(self.version.read("version", unreadable));
        let item = match self.serial_number.or(self.serial).cleaned(64) {
            Some(serial) => Some(DeliveredItem {
                hardware: Hardware { serial: SerialNumber::new(serial), firmware: firmware.cleaned(64) },
                pin_response,
                credential_responses,
            }),
            None if pin_response.is_none() && credential_responses.is_empty() => None,
            None => return Err(Unusable::MissingSerial),
        };
        Ok(Made { item, parcel: Parcel::read(self.carrier, self.tracking_number, self.tracking_link, unreadable) })
    }
}

/// Tracking data, at the top level or in `product_data`.
struct Parcel {
    carrier: Text,
    tracking_number: Text,
    tracking_link: Text,
}

impl Parcel {
    fn read(carrier: Info, number: Info, link: Info, unreadable: &mut BTreeSet<&'static str>) -> Self {
        Self {
            carrier: carrier.read("carrier", unreadable),
            tracking_number: number.read("tracking_number", unreadable),
            tracking_link: link.read("tracking_link", unreadable),
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            carrier: self.carrier.or(other.carrier),
            tracking_number: self.tracking_number.or(other.tracking_number),
            tracking_link: self.tracking_link.or(other.tracking_link),
        }
    }
}

impl From<Parcel> for Tracking {
    /// Converts the tracking data. Drops a link that is not an http or https URL, because users click it.
    fn from(parcel: Parcel) -> Self {
        let web = |link: &String| link.starts_with("https://") || link.starts_with("http://");
        Self {
            carrier: parcel.carrier.cleaned(100),
            number: parcel.tracking_number.cleaned(100),
            link: parcel.tracking_link.cleaned(500).filter(web),
        }
    }
}

#[cfg(test)]
mod tests;
