//! Response of `GET /fpr/shipments/{id}`.

use keyferry_domain::ports::{DeliveredItem, DeliveryStatus};
use keyferry_domain::{Hardware, SerialNumber, Tracking};
use serde::Deserialize;

use super::states::States;
use super::text::{Text, Texts};
use crate::states::interpret;

/// The members of the response that are used.
#[derive(Debug, Deserialize)]
pub(crate) struct ShipmentAnswer {
    #[serde(flatten)]
    states: States,
    #[serde(flatten)]
    parcel: Parcel,
    #[serde(default)]
    shipment_items: Option<Vec<Item>>,
}

// inferred: these members are documented for `shipments_exact`. Their place in the `/fpr` object is not documented.
#[derive(Debug, Default, Deserialize)]
struct Parcel {
    #[serde(default)]
    carrier: Text,
    #[serde(default)]
    tracking_number: Text,
    #[serde(default)]
    tracking_link: Text,
}

#[derive(Debug, Deserialize)]
struct Item {
    #[serde(default)]
    product_data: Option<Vec<ProductData>>,
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
    firmware_version: Text,
    #[serde(default)]
    version: Text,
    #[serde(default)]
    fido_pin_response: Text,
    #[serde(default)]
    fido_credential_responses: Texts,
    #[serde(default)]
    fido_credential_response: Texts,
    #[serde(flatten)]
    parcel: Parcel,
}

/// A finished key has responses but no serial number.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`product_data` contains sealed responses but no `serial_number`")]
pub(crate) struct MissingSerial;

impl ShipmentAnswer {
    /// Converts the response to the domain's type. An entry with neither serial number nor responses belongs to a key
    /// that is not made yet; it is skipped.
    ///
    /// # Errors
    /// Fails when an entry has responses but no serial number.
    pub(crate) fn into_status(self, correlation: String) -> Result<DeliveryStatus, MissingSerial> {
        let mut parcel = self.parcel;
        let mut items = Vec::new();
        for data in self.shipment_items.into_iter().flatten().flat_map(|item| item.product_data).flatten() {
            let made = data.made()?;
            parcel = parcel.or(made.parcel);
            items.extend(made.item);
        }
        let state = self.states.into();
        let (progress, state_line) = interpret(&state);
        Ok(DeliveryStatus { state, progress, state_line, tracking: parcel.into(), items, correlation })
    }
}

struct Made {
    item: Option<DeliveredItem>,
    parcel: Parcel,
}

impl ProductData {
    fn made(self) -> Result<Made, MissingSerial> {
        let mut credential_responses = self.fido_credential_responses.0;
        if credential_responses.is_empty() {
            credential_responses = self.fido_credential_response.0;
        }
        let pin_response = self.fido_pin_response.into_option();
        let item = match self.serial_number.or(self.serial).cleaned(64) {
            Some(serial) => Some(DeliveredItem {
                hardware: Hardware {
                    serial: SerialNumber::new(serial),
                    firmware: self.firmware_version.or(self.version).cleaned(64),
                },
                pin_response,
                credential_responses,
            }),
            None if pin_response.is_none() && credential_responses.is_empty() => None,
            None => return Err(MissingSerial),
        };
        Ok(Made { item, parcel: self.parcel })
    }
}

impl Parcel {
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
