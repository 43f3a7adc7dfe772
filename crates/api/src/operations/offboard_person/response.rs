//! Response body: what was done about each shipment of a person, and what is left.

use keyferry_engine::{Offboarded, OffboardedShipment};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::schemas;

/// Result of the offboarding of a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct OffboardedBody {
    /// Whether nothing failed. Otherwise repeat the call.
    complete: bool,
    /// Shipments of the person, newest first.
    shipments: Vec<OffboardedShipmentBody>,
    /// Why orders under the person's other name, object id or user name, were not looked for. `null`: they were, or
    /// Keyferry may not read it.
    failed: Option<String>,
}

/// What was done about a shipment.
#[derive(Serialize, ToSchema)]
pub(crate) struct OffboardedShipmentBody {
    /// Keyferry's id of the shipment.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-000000000001")]
    id: String,
    /// Phase after the call. `null` if the record cannot be read.
    #[schema(value_type = Option<schemas::Phase>)]
    phase: Option<&'static str>,
    /// Whether this call revoked the passkey of its key.
    revoked: bool,
    /// Whether this call cancelled its order.
    cancelled: bool,
    /// What failed, and what to do.
    failed: Option<String>,
    /// What an operator must do by hand.
    by_hand: Option<&'static str>,
}

impl From<Offboarded> for OffboardedBody {
    fn from(offboarded: Offboarded) -> Self {
        Self {
            complete: offboarded.is_complete(),
            failed: offboarded.failed.clone(),
            shipments: offboarded.shipments.into_iter().map(OffboardedShipmentBody::from).collect(),
        }
    }
}

impl From<OffboardedShipment> for OffboardedShipmentBody {
    fn from(shipment: OffboardedShipment) -> Self {
        Self {
            id: shipment.shipment.to_string(),
            phase: shipment.phase.map(keyferry_domain::PhaseName::shown),
            revoked: shipment.revoked,
            cancelled: shipment.cancelled,
            failed: shipment.failed,
            by_hand: shipment.by_hand,
        }
    }
}
