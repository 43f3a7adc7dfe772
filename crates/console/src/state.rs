//! State that the pages share.

use std::sync::Arc;

use axum::Router;
use keyferry_domain::{Clock, SavedViewStore};
use keyferry_engine::Engine;
use keyferry_pages::{Area, Site};

use crate::audit::Chain;
use crate::health::Health;

/// State that the pages share. Cheap to clone for each request.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct ConsoleState {
    /// Engine, for reading.
    pub engine: Engine,
    /// Operations of the API, without authentication: a page requests them for its user.
    pub api: Router,
    /// Sign-in and sessions.
    pub site: Site,
    /// Saved views of users.
    pub views: Arc<dyn SavedViewStore>,
    /// Health of the service.
    pub health: Health,
    /// Chain of all events.
    pub chain: Chain,
    /// Clock.
    pub clock: Arc<dyn Clock>,
}

/// The pages of the console.
pub static AREA: Area = Area { start: "/console", needs_role: true };
