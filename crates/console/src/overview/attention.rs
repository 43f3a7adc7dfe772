//! What needs a human, grouped by cause.

use crate::messages::Messages;
use crate::work::{self, Kind};

/// Shipments that need a human for the same reason.
pub(super) struct Cause {
    pub(super) name: String,
    pub(super) count: u64,
    /// Whether there may be more.
    pub(super) is_minimum: bool,
    /// What to do, and whether it is in English, from the engine.
    pub(super) remedy: Option<(String, bool)>,
    /// Address of their group in the work list.
    pub(super) group: String,
}

impl Cause {
    pub(super) fn new(cause: &work::Cause, m: &'static Messages) -> Self {
        let last = cause.first.first().and_then(|last| last.error_message.clone());
        let (name, remedy) = match &cause.kind {
            Kind::Unconfirmed => (m.work.unconfirmed_title.to_owned(), Some((m.human_unconfirmed.to_owned(), false))),
            Kind::ShippedDespite => {
                (m.work.shipped_despite.to_owned(), Some((m.human_shipped_despite.to_owned(), false)))
            }
            Kind::Obstacle(code) => (work::title_of(code), last.map(|text| (text, true))),
        };
        let group = format!("/console/work#{}", cause.anchor());
        Self { name, count: cause.count, is_minimum: cause.is_minimum, remedy, group }
    }
}
