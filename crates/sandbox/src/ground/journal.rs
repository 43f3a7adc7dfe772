//! Journal of calls, in order. It has no queries, bodies or headers, which could hold secrets.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// Number of calls of an endpoint with the same outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    pub(crate) endpoint: &'static str,
    /// Status of the response. `None` if the connection was closed without one.
    pub(crate) status: Option<u16>,
    pub(crate) calls: u64,
}

/// Journal of calls.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    /// Oldest first.
    calls: VecDeque<Call>,
    /// Also of the calls that were dropped.
    tallies: BTreeMap<(&'static str, Option<u16>), u64>,
}

impl Journal {
    /// Adds a call.
    pub(crate) fn record(&self, call: Call) {
        let mut entries = self.lock();
        *entries.tallies.entry((call.endpoint, call.status)).or_default() += 1;
        if entries.calls.len() == CAPACITY {
            entries.calls.pop_front();
        }
        entries.calls.push_back(call);
    }

    /// Returns the kept calls from `offset` on, oldest first, and the number of all kept calls.
    pub(crate) fn page(&self, offset: usize, limit: usize) -> (usize, Vec<Call>) {
        let entries = self.lock();
        (entries.calls.len(), entries.calls.iter().skip(offset).take(limit).cloned().collect())
    }

    /// Returns the numbers of all calls since the start or the last deletion, by endpoint and status.
    pub(crate) fn tallies(&self) -> Vec<Tally> {
        let row =
            |(&(endpoint, status), &calls): (&(&'static str, Option<u16>), &u64)| Tally { endpoint, status, calls };
        self.lock().tallies.iter().map(row).collect()
    }

    /// Deletes all calls.
    pub(crate) fn clear(&self) {
        *self.lock() = Entries::default();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
