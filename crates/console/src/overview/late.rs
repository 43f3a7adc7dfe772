//! Keys that persons need by now, or soon, and that are not complete.

use chrono::{Days, NaiveDate};
use keyferry_domain::PhaseName;
use keyferry_domain::ports::{DayRange, ShipmentFilter, ShipmentSort, StoreError, Summary};
use keyferry_engine::Engine;

use crate::messages::Messages;
use crate::shipments::tone;

/// Most shipments of a period that are read to find the most urgent ones.
const MOST_READ: u32 = 100;

/// Most shipments that are shown.
const MOST_SHOWN: usize = 6;

/// Days of a period that is near.
const NEAR: Days = Days::new(7);

/// Keys that are late, and keys that will be needed soon.
pub(super) struct Late {
    pub(super) passed: u64,
    /// Address of the list of the late ones.
    pub(super) passed_list: String,
    pub(super) near: u64,
    pub(super) near_list: String,
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
        today: NaiveDate,
        m: &'static Messages,
    ) -> Result<Self, StoreError> {
        let until = today.checked_add_days(NEAR).unwrap_or(NaiveDate::MAX);
        let (passed, near) = (DayRange::before(today), DayRange { from: Some(today), before: Some(until) });
        let filter = |needed_by| ShipmentFilter {
            needed_by,
            requested_by: seen.requested_by.clone(),
            ..ShipmentFilter::phases(&PhaseName::PENDING)
        };
        let mut urgent = Vec::new();
        let mut counts = [0; 2];
        for (count, range) in counts.iter_mut().zip([passed, near]) {
            *count = engine.views.counts(&filter(range)).await?.0.values().sum();
            if *count > 0 && urgent.len() < MOST_SHOWN {
                let page = engine.views.list(&filter(range), ShipmentSort::Id, None, MOST_READ).await?;
                urgent.extend(page.items.into_iter().filter_map(|summary| Some((summary.needed_by?, summary))));
            }
        }
        urgent.sort_by_key(|(day, summary): &(NaiveDate, Summary)| (*day, summary.id));
        let first = urgent.into_iter().take(MOST_SHOWN).map(|(day, summary)| LateRow {
            address: format!("/console/shipments/{}", summary.id),
            needed_by: (m.date)(day),
            is_passed: day < today,
            state: (m.phase)(summary.phase),
            tone: tone(summary.phase),
            person: summary.user.unwrap_or_else(|| m.unknown_person.to_owned()),
        });
        let [count_passed, count_near] = counts;
        Ok(Self {
            passed: count_passed,
            passed_list: address(passed),
            near: count_near,
            near_list: address(near),
            first: first.collect(),
        })
    }
}

fn address(range: DayRange) -> String {
    let phases = PhaseName::PENDING.map(PhaseName::shown).join("%2C");
    let day = |name, day: Option<NaiveDate>| day.map(|day| format!("&{name}={day}")).unwrap_or_default();
    let (from, before) = (day("needed_from", range.from), day("needed_to", range.before));
    format!("/console/shipments?phase={phases}{from}{before}")
}
