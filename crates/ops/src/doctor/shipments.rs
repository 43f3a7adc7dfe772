//! Open shipments (guide 7.1.2).

use std::collections::BTreeMap;

use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, StoreError};
use keyferry_domain::{Finding, ObstacleClass, PhaseName, Shipment};

use super::target::Target;

const CHECK: &str = "open shipments";

/// How many rows are read at once, and how many shipments are named.
const PAGE: u32 = 500;
const NAMED: usize = 5;

/// All of them, and what is to be said of them. Each record is read, since a listing does not show that one is damaged.
pub(super) async fn open(target: &Target) -> (Vec<Shipment>, Finding) {
    let (mut open, mut broken) = (Vec::new(), Vec::new());
    let mut after = None;
    loop {
        let every = ShipmentFilter::open();
        let page = match target.shipments.query(&every, ShipmentSort::Id, after.as_ref(), PAGE).await {
            Err(error) => return (open, of_store("they cannot be listed", &error)),
            Ok(page) => page,
        };
        broken.extend(page.broken.into_iter().map(|(id, _)| id));
        for summary in page.items {
            match target.shipments.get(summary.id).await {
                Ok(stored) => open.extend(stored.map(|stored| stored.change.into_shipment())),
                Err(StoreError::Broken { id, .. }) => broken.push(id),
                Err(error) => return (open, of_store("they cannot be read", &error)),
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let finding = told(&open, &broken);
    (open, finding)
}

fn told(open: &[Shipment], broken: &[String]) -> Finding {
    let mut phases: BTreeMap<&str, usize> = BTreeMap::new();
    for shipment in open {
        *phases.entry(shipment.phase().name().as_str()).or_default() += 1;
    }
    let phases: Vec<_> = phases.iter().map(|(phase, count)| format!("{count} {phase}")).collect();
    let found = if phases.is_empty() { "none".to_owned() } else { phases.join(", ") };
    let waiting = open.iter().filter(|shipment| {
        let class = shipment.obstacle().map(|obstacle| obstacle.class);
        matches!(class, Some(ObstacleClass::Attention | ObstacleClass::Final))
            || shipment.phase().name() == PhaseName::Unconfirmed
    });
    let waiting: Vec<_> = waiting.map(|shipment| shipment.id().to_string()).collect();
    if !broken.is_empty() {
        let todo = format!("Restore them from a backup, or mend them by hand: {}", some(broken));
        return Finding::failed(CHECK, format!("{found}; {} records cannot be read", broken.len()), todo);
    }
    if waiting.is_empty() {
        return Finding::ok(CHECK, found);
    }
    let todo = format!("GET /v1/fpr/shipments/{{id}}/details tells what each waits for: {}", some(&waiting));
    Finding::warning(CHECK, format!("{found}; {} need a person", waiting.len()), todo)
}

fn some(ids: &[String]) -> String {
    let more = ids.len().saturating_sub(NAMED);
    let named = ids.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}

fn of_store(what: &str, error: &StoreError) -> Finding {
    Finding::failed(CHECK, format!("{what}: {error}"), "See what the check of the records says.")
}
