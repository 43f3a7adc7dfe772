//! What a caller says about an order beside person, key and address.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{AddressBy, ShipmentId};

/// Information about an order, from its caller. It decides neither who gets the key nor who gets its PIN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderInfo {
    /// The caller's own number of the order, for example of a ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Person or system that asked the caller for the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester: Option<String>,
    /// First day (UTC) on which the order may be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<NaiveDate>,
    /// Day on which the person needs the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed_by: Option<NaiveDate>,
    /// Country of the delivery: ISO 3166-1 alpha-2 code, upper case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Key of the order's row in its batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// Who gives the address. `None`: the settings decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_by: Option<AddressBy>,
    /// User name under which the replaced order was placed, if this one names the user by object id: lists by this name
    /// find both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// Shipment that this order replaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<ShipmentId>,
}

impl OrderInfo {
    /// Returns whether there is no information.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
