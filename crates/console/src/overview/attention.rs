//! What needs a human, grouped by cause.

use std::collections::BTreeMap;

use keyferry_domain::ports::{Counts, ShipmentFilter, ShipmentSort, StoreError};
use keyferry_domain::{ObstacleClass, PhaseName};
use keyferry_engine::Engine;
use url::form_urlencoded::byte_serialize;

use crate::messages::Messages;

/// Most causes for which the remedy of a case is read. The others are counted only.
const MOST_REMEDIES: usize = 12;

/// Most cancelled shipments whose key exists that are counted one by one.
const MOST_CANCELLED: u32 = 100;

/// Shipments that need a human for the same reason.
pub(super) struct Cause {
    pub(super) name: String,
    pub(super) count: u64,
    /// What to do, and whether it is in English, from the engine.
    pub(super) remedy: Option<(String, bool)>,
    /// Address of their list.
    pub(super) list: String,
}

/// Returns the causes, with the most frequent first.
pub(super) async fn causes(
    engine: &Engine,
    seen: &ShipmentFilter,
    counts: &Counts,
    m: &'static Messages,
) -> Result<Vec<Cause>, StoreError> {
    let mut by_code: Vec<_> = by_code(counts).into_iter().collect();
    by_code.sort_by_key(|(_, stopped)| std::cmp::Reverse(stopped.count));
    let mut causes = Vec::new();
    for (index, (code, Stopped { count, phases })) in by_code.into_iter().enumerate() {
        let remedy = if index < MOST_REMEDIES { remedy(engine, seen, &code, phases).await? } else { None };
        let query: String = byte_serialize(code.as_bytes()).collect();
        let list = format!("/console/shipments?code={query}&needs_human=true");
        causes.push(Cause { name: code, count, remedy: remedy.map(|text| (text, true)), list });
    }
    let unconfirmed = unconfirmed(counts);
    let shipped = shipped_despite_cancellation(engine, seen).await?;
    let phases = [
        (PhaseName::Unconfirmed, unconfirmed, m.human_unconfirmed),
        (PhaseName::Cancelling, shipped, m.human_shipped_despite),
    ];
    for (phase, count, remedy) in phases.into_iter().filter(|(_, count, _)| *count > 0) {
        let list = format!("/console/shipments?phase={}&needs_human=true", phase.shown());
        let cause = Cause { name: (m.phase)(phase).to_owned(), count, remedy: Some((remedy.to_owned(), false)), list };
        // Before all others: a key may be on its way unnoticed.
        causes.insert(0, cause);
    }
    Ok(causes)
}

fn stops(obstacle: &Option<(ObstacleClass, String)>) -> Option<&str> {
    match obstacle {
        Some((ObstacleClass::Attention | ObstacleClass::Final, code)) => Some(code),
        _ => None,
    }
}

/// Shipments with the same code, and the phases in which they are.
#[derive(Default)]
struct Stopped {
    count: u64,
    phases: Vec<PhaseName>,
}

fn by_code(counts: &Counts) -> BTreeMap<String, Stopped> {
    let mut by_code = BTreeMap::<String, Stopped>::new();
    for ((phase, obstacle), count) in &counts.0 {
        if let Some(code) = stops(obstacle) {
            let stopped = by_code.entry(code.to_owned()).or_default();
            stopped.count += count;
            stopped.phases.push(*phase);
        }
    }
    by_code
}

/// Counts unconfirmed orders that are not in [`by_code`].
fn unconfirmed(counts: &Counts) -> u64 {
    let of = counts.0.iter();
    let of = of.filter(|((phase, obstacle), _)| *phase == PhaseName::Unconfirmed && stops(obstacle).is_none());
    of.map(|(_, count)| count).sum()
}

/// Returns the text of the shipment with this code that changed last. With the phases, the store looks the few up
/// instead of walking all shipments.
async fn remedy(
    engine: &Engine,
    seen: &ShipmentFilter,
    code: &str,
    phases: Vec<PhaseName>,
) -> Result<Option<String>, StoreError> {
    let filter = ShipmentFilter {
        obstacles: vec![Some(ObstacleClass::Attention), Some(ObstacleClass::Final)],
        codes: vec![code.to_owned()],
        requested_by: seen.requested_by.clone(),
        ..ShipmentFilter::phases(&phases)
    };
    let page = engine.views.list(&filter, ShipmentSort::Updated, None, 1).await?;
    Ok(page.items.into_iter().next().and_then(|summary| summary.error_message))
}

/// Counts cancelled shipments whose key exists, and that are not in [`by_code`].
async fn shipped_despite_cancellation(engine: &Engine, seen: &ShipmentFilter) -> Result<u64, StoreError> {
    let filter = ShipmentFilter {
        needs_human: true,
        requested_by: seen.requested_by.clone(),
        ..ShipmentFilter::phases(&[PhaseName::Cancelling])
    };
    let page = engine.views.list(&filter, ShipmentSort::Id, None, MOST_CANCELLED).await?;
    Ok(page.items.iter().filter(|summary| stops(&summary.obstacle).is_none()).count() as u64)
}
