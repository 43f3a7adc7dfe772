//! Check of open shipments (guide 7.1.2).

use std::collections::BTreeMap;

use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, StoreError, Summary};
use keyferry_domain::{Finding, ObstacleClass, PhaseName, Shipment};

use super::target::Target;

const CHECK: &str = "open shipments";

/// Number of shipments read per page, and largest number of ids named in a finding.
const PAGE: u32 = 500;
const NAMED: usize = 5;

/// Returns open shipments and the finding about all of them. Reads each record, because a listing does not reveal a
/// damaged record, up to the limit of the target.
pub(super) async fn open(target: &Target) -> (Vec<Shipment>, Finding) {
    let (mut open, mut broken, mut listed) = (Vec::new(), Vec::new(), Vec::new());
    let mut after = None;
    loop {
        let every = ShipmentFilter::open();
        let page = match target.shipments.query(&every, ShipmentSort::Id, after.as_ref(), PAGE).await {
            Err(error) => return (open, of_store("could not list shipments", &error)),
            Ok(page) => page,
        };
        broken.extend(page.broken.into_iter().map(|(id, _)| id));
        for summary in page.items {
            if open.len() >= target.most_records {
                listed.push(summary);
                continue;
            }
            match target.shipments.get(summary.id).await {
                Ok(stored) => open.extend(stored.map(|stored| stored.change.into_shipment())),
                Err(StoreError::Broken { id, .. }) => broken.push(id),
                Err(error) => return (open, of_store("could not read a shipment", &error)),
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let finding = summarize(&open, &listed, &broken);
    (open, finding)
}

/// `listed` are those whose records were not read.
fn summarize(open: &[Shipment], listed: &[Summary], broken: &[String]) -> Finding {
    let mut phases: BTreeMap<&str, usize> = BTreeMap::new();
    let all = open.iter().map(|shipment| shipment.phase().name());
    for phase in all.chain(listed.iter().map(|summary| summary.phase)) {
        *phases.entry(phase.as_str()).or_default() += 1;
    }
    let phases: Vec<_> = phases.iter().map(|(phase, count)| format!("{count} {phase}")).collect();
    let found = if phases.is_empty() { "none".to_owned() } else { phases.join(", ") };
    let waiting = open.iter().filter(|shipment| {
        let class = shipment.obstacle().map(|obstacle| obstacle.class);
        matches!(class, Some(ObstacleClass::Attention | ObstacleClass::Final))
            || shipment.phase().name() == PhaseName::Unconfirmed
    });
    let listed = listed.iter().filter(|summary| summary.needs_human);
    let waiting = waiting.map(|shipment| shipment.id().to_string());
    let waiting: Vec<_> = waiting.chain(listed.map(|summary| summary.id.to_string())).collect();
    if !broken.is_empty() {
        let todo = format!("Restore these records from a backup, or repair them: {}", list(broken));
        return Finding::failed(CHECK, format!("{found}; {} unreadable records", broken.len()), todo);
    }
    if waiting.is_empty() {
        return Finding::ok(CHECK, found);
    }
    let todo = format!("Call GET /v1/shipments/{{id}} for the obstacle of each: {}", list(&waiting));
    Finding::warning(CHECK, format!("{found}; {} need an operator", waiting.len()), todo)
}

fn list(ids: &[String]) -> String {
    let more = ids.len().saturating_sub(NAMED);
    let named = ids.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}

fn of_store(what: &str, error: &StoreError) -> Finding {
    Finding::failed(CHECK, format!("{what}: {error}"), "See the finding of the check `records`.")
}
