//! What the routes work with.

use std::sync::Arc;

use keyferry_engine::Engine;

use crate::auth::Authentication;
use crate::{ShipmentLimits, StatusReport};

/// What the routes work with. Cheap enough to clone for each request.
#[derive(Clone)]
pub struct ApiState {
    /// The flow.
    pub engine: Engine,
    /// How callers prove who they are.
    pub authentication: Authentication,
    /// What `/v1/status` answers.
    pub status: StatusReport,
    /// Credentials of the connector that end soon, for the same page.
    pub ending_soon: Arc<dyn Fn() -> String + Send + Sync>,
    /// Whether the delivery service's limits are checked here.
    pub limits: ShipmentLimits,
}
