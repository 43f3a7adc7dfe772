//! Times on pages: a text in UTC, which the page's script replaces by the viewer's time zone.

use keyferry_domain::{Timestamp, time_text};

/// A time on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instant {
    /// For machines: RFC 3339 in UTC.
    pub(crate) iso: String,
    /// For humans without a script.
    pub(crate) text: String,
}

impl From<Timestamp> for Instant {
    fn from(at: Timestamp) -> Self {
        Self { iso: time_text(at), text: at.format("%Y-%m-%d %H:%M UTC").to_string() }
    }
}
