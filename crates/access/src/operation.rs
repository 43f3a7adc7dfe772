//! Operations of the API, and the roles that permit them.

use crate::role::Role;

/// Operation that a caller may request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Cancel a shipment.
    CancelShipment,
    /// Check orders before they are placed.
    CheckOrders,
    /// Order a key.
    CreateShipment,
    /// Read all details of a shipment.
    GetDetails,
    /// Read the status of a shipment.
    GetShipment,
    /// Read the settings in effect.
    GetStatus,
    /// Read to which countries keys can be ordered.
    ListCountries,
    /// Read what can be ordered.
    ListProducts,
    /// Process all open shipments.
    ProcessShipments,
    /// Send a PIN again.
    ResendPin,
    /// Record a decision about a shipment.
    ResolveShipment,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 11] = [
        Self::CancelShipment,
        Self::CheckOrders,
        Self::CreateShipment,
        Self::GetDetails,
        Self::GetShipment,
        Self::GetStatus,
        Self::ListCountries,
        Self::ListProducts,
        Self::ProcessShipments,
        Self::ResendPin,
        Self::ResolveShipment,
    ];

    /// Returns the roles of which each permits the operation.
    ///
    /// `Order` permits reading, but only what the caller ordered itself: see [`crate::Principal::sees`].
    pub fn roles(self) -> &'static [Role] {
        use Role::{Admin, Audit, Operate, Order, Pin, Read};
        match self {
            Self::CheckOrders | Self::CreateShipment => &[Order],
            Self::GetDetails | Self::GetShipment | Self::ListCountries | Self::ListProducts => {
                &[Order, Read, Operate, Pin, Audit]
            }
            Self::GetStatus => &[Order, Read, Operate, Pin, Audit, Admin],
            Self::CancelShipment | Self::ProcessShipments | Self::ResolveShipment => &[Operate],
            Self::ResendPin => &[Pin],
        }
    }

    /// Returns whether every allowed application may use the operation with `KEYFERRY_ROLES=drop-in`: the five of the
    /// guide (section 10), reading details, checking orders and reading what can be ordered.
    pub fn is_open_in_drop_in(self) -> bool {
        match self {
            Self::CheckOrders
            | Self::CreateShipment
            | Self::GetDetails
            | Self::GetShipment
            | Self::GetStatus
            | Self::ListCountries
            | Self::ListProducts
            | Self::ProcessShipments
            | Self::ResendPin => true,
            Self::CancelShipment | Self::ResolveShipment => false,
        }
    }
}
