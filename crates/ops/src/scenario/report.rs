//! Result of the scenario.

use std::time::Duration;

use super::Step;

/// Result of a successful run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The delivery service's id of the shipment.
    pub shipment_id: String,
    /// Keyferry's id of the shipment.
    pub id: String,
    /// Serial number of the key.
    pub serial: String,
    /// Graph's id of the method.
    pub method_id: String,
    /// User principal name of the signed-in user, according to the relying party.
    pub signed_in: String,
    /// All steps.
    pub steps: Vec<Step>,
    /// Total time.
    pub took: Duration,
}
