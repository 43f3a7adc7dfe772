//! Judges ends, secrets, claims and counts.

use keyferry_domain::ports::Counts;
use keyferry_domain::{PhaseName, Shipment, ShipmentId};

use super::books::Books;
use crate::judge::{Finding, Harm};

fn finding(harm: Harm, id: ShipmentId, text: impl Into<String>) -> Finding {
    Finding { harm, shipment: Some(id), text: text.into() }
}

/// Returns whether the shipment is at an end.
pub(super) fn is_settled(shipment: &Shipment) -> bool {
    matches!(shipment.phase().name(), PhaseName::Complete | PhaseName::Refused | PhaseName::Cancelled)
}

pub(super) fn judge(books: &Books) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, shipment) in &books.records {
        let name = shipment.phase().name();
        let on_the_way = books.parcel_of(*id).is_some_and(|parcel| parcel.pin.is_none());
        let waits = on_the_way && shipment.obstacle().is_none();
        if !(is_settled(shipment) || shipment.needs_human() || waits) {
            let text = format!("{}, at no end and on nobody's list", name.as_str());
            findings.push(finding(Harm::Lost, *id, text));
        }
        let needs = !matches!(name, PhaseName::Refused | PhaseName::Cancelled | PhaseName::Queued);
        let needs = needs && !books.intents.lost.contains(id);
        let by_hand = books.intents.by_hand.contains_key(id);
        match (needs, books.secrets.get(id) == Some(&true)) {
            (true, false) if !by_hand => {
                findings.push(finding(Harm::Lost, *id, format!("{}, but its secret is gone", name.as_str())));
            }
            (false, true) if name != PhaseName::Queued => {
                findings.push(finding(Harm::Silent, *id, format!("{}, but its secret is kept", name.as_str())));
            }
            _ => {}
        }
    }
    if books.live_claims > 0 {
        let text = format!("{} claims are still held", books.live_claims);
        findings.push(Finding { harm: Harm::Silent, shipment: None, text });
    }
    findings
}

/// Compares the counts that the connector shows with the records.
pub(super) fn counts(books: &Books, shown: &Counts) -> Option<Finding> {
    let mut counted = Counts::default();
    for shipment in books.records.values() {
        let obstacle = shipment.obstacle().map(|obstacle| (obstacle.class, obstacle.code.clone()));
        *counted.0.entry((shipment.phase().name(), obstacle)).or_default() += 1;
    }
    let by_hand = !books.intents.by_hand.is_empty();
    (counted != *shown && !by_hand).then(|| Finding {
        harm: Harm::Silent,
        shipment: None,
        text: "the counts that are shown are not those of the records".to_owned(),
    })
}
