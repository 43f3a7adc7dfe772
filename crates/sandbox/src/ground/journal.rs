//! What was called: one line a request, in order, without queries, bodies or headers that could hold a secret.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Older calls are forgotten, so that a long run does not eat the memory.
const CAPACITY: usize = 20_000;

/// One call.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Call {
    /// RFC 3339, by the clock of parcels.
    pub(crate) at: String,
    /// The name that faults are set on.
    pub(crate) endpoint: &'static str,
    /// HTTP method, or an SMTP reply's verb.
    pub(crate) method: String,
    /// Path without its query.
    pub(crate) path: String,
    /// Status that was answered; none when the connection was cut.
    pub(crate) status: Option<u16>,
    /// As the caller sent it.
    pub(crate) client_request_id: Option<String>,
}

/// The calls, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<VecDeque<Call>>);

impl Journal {
    /// Adds one.
    pub(crate) fn record(&self, call: Call) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() == CAPACITY {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Forgets them.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
