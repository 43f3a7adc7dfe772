//! Times in responses.

use chrono::SecondsFormat;
use keyferry_domain::Timestamp;

/// Formats a time in UTC with whole seconds.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
