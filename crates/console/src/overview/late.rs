//! Keys that persons need by now, or soon, and that are not complete.

use chrono::{Days, NaiveDate};
use keyferry_domain::PhaseName;
use keyferry_domain::ports::{Counts, ShipmentFilter, ShipmentSort, StoreError, Summary};
use keyferry_engine::Engine;

use crate::messages::Messages;
use crate::shipments::tone;

/// Most open shipments that are read, the oldest first.
const MOST_READ: u32 = 400;

/// Number of open shipments from which they are not few beside all: the oldest are then found by walking all.
const MANY: u64 = 2_000;

/// Most shipments that are shown.
const MOST_SHOWN: usize = 6;

/// Days of a period that is near.
const NEAR: Days = Days::new(7);

/// Keys that are late, and keys that will be needed soon.
pub(super) struct Late {
    pub(super) passed: u64,
    pub(super) near: u64,
    /// Whether there may be more: more shipments are open than were read.
    pub(super) is_minimum: bool,
    /// The most urgent ones.
    pub(super) first: Vec<LateRow>,
}

/// Shipment that is late or nearly so.
pub(super) struct LateRow {
    pub(super) address: String,
    pub(super) person: String,
    pub(super) needed_by: String,
    pub(super) is_passed: bool,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
}

impl Late {
    pub(super) async fn read(
        engine: &Engine,
        seen: &ShipmentFilter,
        counts: &Counts,
        today: NaiveDate,
        m: &'static Messages,
    ) -> Result<Self, StoreError> {
        let requested_by = seen.requested_by.clone();
        let open = counts.0.iter().filter(|((phase, _), _)| PhaseName::PENDING.contains(phase));
        let few = open.map(|(_, count)| count).sum::<u64>() < MANY;
        let filter = ShipmentFilter { requested_by, few, ..ShipmentFilter::phases(&PhaseName::PENDING) };
        let page = engine.views.list(&filter, ShipmentSort::Id, None, MOST_READ).await?;
        let is_minimum = page.next.is_some();
        let until = today.checked_add_days(NEAR).unwrap_or(NaiveDate::MAX);
        let needed = |summary: Summary| Some((summary.needed_by?, summary));
        let mut urgent: Vec<_> = page.items.into_iter().filter_map(needed).filter(|(day, _)| *day < until).collect();
        urgent.sort_by_key(|(day, summary)| (*day, summary.id));
        let passed = urgent.iter().filter(|(day, _)| *day < today).count() as u64;
        let near = urgent.len() as u64 - passed;
        let first = urgent.into_iter().take(MOST_SHOWN).map(|(day, summary)| LateRow {
            address: format!("/console/shipments/{}", summary.id),
            needed_by: (m.date)(day),
            is_passed: day < today,
            state: (m.phase)(summary.phase),
            tone: tone(summary.phase),
            person: summary.user.unwrap_or_else(|| m.unknown_person.to_owned()),
        });
        Ok(Self { passed, near, is_minimum, first: first.collect() })
    }
}
