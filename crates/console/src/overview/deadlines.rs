//! Deadlines of registrations that come near.

use chrono::TimeDelta;
use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, StoreError, TimeRange};
use keyferry_domain::{PhaseName, Timestamp, time_text};
use keyferry_engine::Engine;
use url::form_urlencoded::byte_serialize;

use crate::messages::Messages;

/// Most shipments that are counted.
const MOST: u32 = 200;

/// Phases in which a key is not registered yet, but has a deadline.
const PHASES: [PhaseName; 4] =
    [PhaseName::Submitting, PhaseName::Unconfirmed, PhaseName::Accepted, PhaseName::Fulfilled];

/// Shipments whose deadline is in a period.
pub(super) struct Period {
    pub(super) label: &'static str,
    pub(super) tone: &'static str,
    /// For example `3`, or `200+`.
    pub(super) count: String,
    pub(super) is_none: bool,
    /// Address of their list.
    pub(super) list: String,
}

/// Returns the periods.
pub(super) async fn periods(
    engine: &Engine,
    seen: &ShipmentFilter,
    now: Timestamp,
    m: &'static Messages,
) -> Result<Vec<Period>, StoreError> {
    let (two_days, week) = (now + TimeDelta::hours(48), now + TimeDelta::days(7));
    let mut periods = Vec::new();
    for (label, tone, from, before) in [
        (m.deadline_passed, "bad", None, now),
        (m.deadline_48h, "alert", Some(now), two_days),
        (m.deadline_7d, "quiet", Some(now), week),
    ] {
        let deadline = TimeRange { from, before: Some(before) };
        // Not as few: the store then reads only deadlines of the period, and not each of many open shipments.
        let requested_by = seen.requested_by.clone();
        let filter = ShipmentFilter { phases: PHASES.to_vec(), deadline, requested_by, ..ShipmentFilter::default() };
        let found = engine.views.list(&filter, ShipmentSort::Deadline, None, MOST).await?;
        let more = if found.next.is_some() { "+" } else { "" };
        let count = found.items.len();
        let list = address(from, before);
        periods.push(Period { label, tone, count: format!("{count}{more}"), is_none: count == 0, list });
    }
    Ok(periods)
}

fn address(from: Option<Timestamp>, before: Timestamp) -> String {
    let text = |at| byte_serialize(time_text(at).as_bytes()).collect::<String>();
    let from = from.map(|from| format!("deadline_from={}&", text(from))).unwrap_or_default();
    let phases = PHASES.map(PhaseName::shown).join("%2C");
    format!("/console/shipments?phase={phases}&{from}deadline_to={}&sort=deadline", text(before))
}
