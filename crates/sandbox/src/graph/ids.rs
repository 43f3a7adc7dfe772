//! The ids of a call.

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};

use crate::ground::clock::Clock;
use crate::ground::guard::CLIENT_REQUEST_ID;
use crate::ground::random;

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
    pub(super) fn of(clock: &Clock, headers: &HeaderMap) -> Self {
        let request = random::uuid().to_string();
        let client = headers.get(CLIENT_REQUEST_ID).and_then(|value| value.to_str().ok());
        Self { client: client.map_or_else(|| request.clone(), str::to_owned), request, at: clock.tokens() }
    }
}
