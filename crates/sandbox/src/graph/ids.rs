//! Ids of a call.

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};

use crate::ground::clock::Clock;
use crate::ground::guard::CLIENT_REQUEST_ID;
use crate::ground::random;

/// Ids of a call, for headers, errors and audit records.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    /// `request-id`: assigned by the sandbox.
    pub(super) request: String,
    /// `client-request-id` of the caller, or the same as `request` if the caller sent none.
    pub(super) client: String,
    pub(super) at: DateTime<Utc>,
}

impl Ids {
    /// Creates the ids of a request with the current time.
    pub(super) fn of(clock: &Clock, headers: &HeaderMap) -> Self {
        let request = random::uuid().to_string();
        let client = headers.get(CLIENT_REQUEST_ID).and_then(|value| value.to_str().ok());
        Self { client: client.map_or_else(|| request.clone(), str::to_owned), request, at: clock.tokens() }
    }
}
