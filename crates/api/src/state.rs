//! State that the routes share.

use std::sync::Arc;

use keyferry_access::{Authentication, Limits};
use keyferry_engine::Engine;

use crate::operations::get_status::response::StatusReport;
use crate::settings::UnknownMembers;

/// State that the routes share. Cheap to clone for each request.
#[derive(Clone)]
pub struct ApiState {
    /// Engine that carries out the operations.
    pub engine: Engine,
    /// How callers authenticate, and where their rights come from.
    pub authentication: Authentication,
    /// How often callers may order and resend.
    pub limits: Limits,
    /// Body that `/v1/status` returns.
    pub status: StatusReport,
    /// Returns the connector's app credentials that expire soon, for the same body.
    pub expiring_app_credentials: Arc<dyn Fn() -> String + Send + Sync>,
    /// Treatment of unknown members of request bodies.
    pub unknown_members: UnknownMembers,
}
