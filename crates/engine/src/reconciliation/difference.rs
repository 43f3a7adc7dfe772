//! Differences between records, delivery service and identity provider.

use keyferry_domain::ports::Summary;
use keyferry_domain::{DeliveryId, SerialNumber, ShipmentId};

/// Difference between two sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Kind of the difference.
    pub kind: DifferenceKind,
    /// Shipment whose record differs. `None` if no record has it.
    pub shipment: Option<ShipmentId>,
    /// Delivery service's id of the shipment.
    pub delivery_id: Option<DeliveryId>,
    /// User, as in the record.
    pub user: Option<String>,
    /// Identity provider's id of the method.
    pub method_id: Option<String>,
    /// Serial number of the key.
    pub serial: Option<SerialNumber>,
    /// What both sides have.
    pub detail: String,
    /// Unconfirmed shipments that an order without a record may belong to.
    pub candidates: Vec<ShipmentId>,
}

impl Difference {
    /// Creates a difference of a record.
    pub(super) fn of(summary: &Summary, kind: DifferenceKind, detail: String) -> Self {
        Self {
            shipment: Some(summary.id),
            delivery_id: summary.delivery_id.clone(),
            user: summary.user.clone(),
            serial: summary.serial.clone(),
            ..Self::new(kind, detail)
        }
    }

    pub(super) fn new(kind: DifferenceKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            shipment: None,
            delivery_id: None,
            user: None,
            method_id: None,
            serial: None,
            detail: detail.into(),
            candidates: Vec::new(),
        }
    }
}

/// Kind of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DifferenceKind {
    /// The key was made and shipped, but is not registered.
    ShippedNotRegistered,
    /// The identity provider has a passkey on an ordered model, or with the serial number of an ordered key, that no
    /// record names.
    MethodWithoutRecord,
    /// The record names a passkey that the identity provider does not have.
    MethodGone,
    /// The user name of the record now belongs to another directory object.
    NameReassigned,
    /// The delivery service has an order that no record names.
    OrderWithoutRecord,
    /// An order is open for a user whose account is disabled.
    OpenOrderOfDisabledUser,
    /// An order is open for a user who does not exist.
    OpenOrderOfMissingUser,
    /// The parcel of an open order goes to another country than the one that the directory has for the person now.
    ParcelToAnotherCountry,
    /// The PIN of an open order has no addressee now.
    PinAddresseeMissing,
    /// The PIN of an open order is for a manager whose account is disabled, and is not sent.
    PinAddresseeDisabled,
}

impl DifferenceKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::ShippedNotRegistered,
        Self::MethodWithoutRecord,
        Self::MethodGone,
        Self::NameReassigned,
        Self::OrderWithoutRecord,
        Self::OpenOrderOfDisabledUser,
        Self::OpenOrderOfMissingUser,
        Self::ParcelToAnotherCountry,
        Self::PinAddresseeMissing,
        Self::PinAddresseeDisabled,
    ];

    /// Returns the name used in API responses and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ShippedNotRegistered => "shipped_not_registered",
            Self::MethodWithoutRecord => "method_without_record",
            Self::MethodGone => "method_gone",
            Self::NameReassigned => "name_reassigned",
            Self::OrderWithoutRecord => "order_without_record",
            Self::OpenOrderOfDisabledUser => "open_order_of_disabled_user",
            Self::OpenOrderOfMissingUser => "open_order_of_missing_user",
            Self::ParcelToAnotherCountry => "parcel_to_another_country",
            Self::PinAddresseeMissing => "pin_addressee_missing",
            Self::PinAddresseeDisabled => "pin_addressee_disabled",
        }
    }

    /// Returns what to do.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::ShippedNotRegistered => {
                "Remove the obstacle of the shipment and retry it. If the key cannot be registered any more, replace \
                 the shipment."
            }
            Self::MethodWithoutRecord => {
                "Ask the person how the passkey was registered. Revoke it if the person does not recognise it."
            }
            Self::MethodGone => {
                "Revoke the passkey here, so that the record shows it as revoked. Replace the shipment if the person \
                 still needs a key."
            }
            Self::NameReassigned => {
                "Revoke the passkey with the object id of its holder. Cancel open orders for the user name."
            }
            Self::OrderWithoutRecord => {
                "Adopt the order if it belongs to one of the unconfirmed shipments. Otherwise look it up in the \
                 delivery service's console: it may have been ordered there. Delete it there if it was not ordered."
            }
            Self::OpenOrderOfDisabledUser => {
                "Cancel the shipment if the person left. Otherwise enable the account; the key is then registered."
            }
            Self::OpenOrderOfMissingUser => {
                "Cancel the shipment. If its key was made already, have the parcel returned."
            }
            Self::ParcelToAnotherCountry => {
                "Ask the person whether the parcel reaches them. If not, cancel the shipment and order again with the \
                 new address. If its key was made already, have the parcel returned."
            }
            Self::PinAddresseeMissing => {
                "Correct the manager of the person in the directory, or the mail address of the manager. Then retry \
                 the shipment. If nobody can be the addressee, cancel the shipment and order again with contacts."
            }
            Self::PinAddresseeDisabled => {
                "Set the present manager of the person in the directory. Otherwise the PIN goes to the mailbox of the \
                 manager who left."
            }
        }
    }

    /// Returns the operation of the API that applies the remedy, on the shipment or the passkey of the difference.
    pub fn operation(self) -> &'static str {
        match self {
            Self::ShippedNotRegistered | Self::PinAddresseeMissing | Self::PinAddresseeDisabled => "retry_shipment",
            Self::MethodWithoutRecord | Self::MethodGone | Self::NameReassigned => "revoke_method",
            Self::OrderWithoutRecord => "adopt_shipment",
            Self::OpenOrderOfDisabledUser | Self::OpenOrderOfMissingUser | Self::ParcelToAnotherCountry => {
                "cancel_shipment"
            }
        }
    }
}
