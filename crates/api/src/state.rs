//! The state that the routes share.

use std::sync::Arc;

use keyferry_engine::Engine;

use crate::kit::auth::Authentication;
use crate::operations::get_status::response::StatusReport;

/// The state that the routes share. Cheap to clone for each request.
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
}
