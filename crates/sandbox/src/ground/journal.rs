//! Journal of calls, in order. It has no queries, bodies or headers, which could hold secrets.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Number of calls that the journal keeps. Older ones are dropped, to limit memory.
const CAPACITY: usize = 20_000;

/// One call.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Call {
    /// Time of the parcel clock, RFC 3339.
    pub(crate) at: String,
    /// Name of the endpoint, as in fault rules.
    pub(crate) endpoint: &'static str,
    /// HTTP method, or SMTP command.
    pub(crate) method: String,
    /// Path, without the query.
    pub(crate) path: String,
    /// Status of the response. `None` if the connection was closed without one.
    pub(crate) status: Option<u16>,
    /// `client-request-id` of the caller.
    pub(crate) client_request_id: Option<String>,
}

/// Journal of calls, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<VecDeque<Call>>);

impl Journal {
    /// Adds a call.
    pub(crate) fn record(&self, call: Call) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() == CAPACITY {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    /// Returns all calls, oldest first.
    pub(crate) fn all(&self) -> Vec<Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Deletes all calls.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
