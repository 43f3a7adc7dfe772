//! What every call of Graph has: its ids, its caller, its query and its body.

use std::sync::Arc;

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use url::form_urlencoded;

use super::operation::Version;
use crate::entra::AppClaims;
use crate::ground::guard::CLIENT_REQUEST_ID;
use crate::ground::random;
use crate::world::World;

/// Ids that stand in headers, errors and audit records.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    /// Ours.
    pub(super) request: String,
    /// The caller's, or ours again when it sent none.
    pub(super) client: String,
    pub(super) at: DateTime<Utc>,
}

impl Ids {
    /// Of a request that begins now.
    pub(super) fn of(world: &World, headers: &HeaderMap) -> Self {
        let request = random::uuid().to_string();
        let client = headers.get(CLIENT_REQUEST_ID).and_then(|value| value.to_str().ok());
        Self { client: client.map_or_else(|| request.clone(), str::to_owned), request, at: world.clock.tokens() }
    }
}

/// A call by a known caller.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) world: Arc<World>,
    pub(super) version: Version,
    pub(super) ids: Ids,
    pub(super) caller: AppClaims,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Call {
    /// Parameters of a query string.
    pub(super) fn query_of(query: Option<&str>) -> Vec<(String, String)> {
        form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
    }

    /// One parameter, by its name without regard to case.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// `@odata.context` of an answer.
    pub(super) fn context(&self, what: &str) -> String {
        format!("https://graph.microsoft.com/{}/$metadata#{what}", self.version.name())
    }
}
