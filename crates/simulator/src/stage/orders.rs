//! Judges orders: none lost, none doubled, and each for its person.

use std::collections::BTreeMap;

use keyferry_domain::phase::CancelledBy;
use keyferry_domain::{Phase, PhaseName, ShipmentId};

use super::books::Books;
use crate::judge::{Finding, Harm};

fn finding(harm: Harm, id: ShipmentId, text: impl Into<String>) -> Finding {
    Finding { harm, shipment: Some(id), text: text.into() }
}

pub(super) fn judge(books: &Books) -> Vec<Finding> {
    let mut findings = Vec::new();
    let repeated = books.orders.iter().filter(|(_, times)| **times > 1);
    findings.extend(repeated.map(|(id, times)| finding(Harm::Doubled, *id, format!("ordered {times} times"))));
    findings.extend(doubled(books));
    findings.extend(books.parcels.iter().filter_map(|parcel| lost(books, parcel)));
    findings.extend(unconfirmed(books));
    let cancelled = books.intents.cancelled.iter().filter_map(|id| books.records.get(id));
    let goes_on = cancelled.filter(|record| record.cancellation().is_none());
    findings.extend(goes_on.map(|record| finding(Harm::Seen, record.id(), "a cancelled shipment continues")));
    findings
}

/// Finds users with more parcels than anybody ordered for them.
fn doubled(books: &Books) -> Vec<Finding> {
    let mut allowed = BTreeMap::<usize, (usize, bool)>::new();
    for wanted in &books.intents.orders {
        let (more, single) = allowed.entry(wanted.user).or_default();
        *more += usize::from(wanted.additional);
        *single |= !wanted.additional;
    }
    let mut parcels = BTreeMap::<String, Vec<ShipmentId>>::new();
    for parcel in &books.parcels {
        let record = books.records.get(&parcel.request);
        if let Some(handle) = record.and_then(super::books::handle_of) {
            parcels.entry(handle).or_default().push(parcel.request);
        }
    }
    let mut findings = Vec::new();
    for (user, (more, single)) in allowed {
        let Some(ids) = parcels.get(&books.users[user].handle) else { continue };
        if ids.len() > more + usize::from(single) {
            findings.push(finding(Harm::Doubled, ids[ids.len() - 1], format!("{} parcels for one user", ids.len())));
        }
    }
    findings
}

/// Returns a finding if nobody would ever look for this parcel.
fn lost(books: &Books, parcel: &super::books::Parcel) -> Option<Finding> {
    let id = parcel.request;
    if books.intents.reported.contains(&id) {
        return None;
    }
    let Some(record) = books.records.get(&id) else {
        return Some(finding(Harm::Lost, id, format!("parcel {} has no record", parcel.id)));
    };
    match record.phase() {
        Phase::Unconfirmed(_) => None,
        Phase::Cancelled(cancelled) if matches!(cancelled.by, CancelledBy::Caller(_)) && !parcel.deleted => {
            Some(finding(Harm::Lost, id, format!("parcel {} of a cancelled shipment was not deleted", parcel.id)))
        }
        phase if phase.delivery_id() == Some(&parcel.id) => None,
        phase => {
            let name = phase.name().as_str();
            Some(finding(Harm::Lost, id, format!("parcel {} is unknown to its record ({name})", parcel.id)))
        }
    }
}

/// Finds orders that were confirmed to a caller and never placed.
fn unconfirmed(books: &Books) -> Vec<Finding> {
    let mut findings = Vec::new();
    for wanted in &books.intents.orders {
        let Some(id) = wanted.confirmed else { continue };
        let record = books.records.get(&id);
        let phase = record.map(|record| record.phase().name());
        let waits = matches!(phase, Some(PhaseName::Queued | PhaseName::Unconfirmed | PhaseName::Cancelled));
        let is_for = record.and_then(super::books::handle_of);
        if !waits && books.parcel_of(id).is_none() {
            findings.push(finding(Harm::Lost, id, "a confirmed order was never placed"));
        } else if is_for.is_some_and(|handle| handle != books.users[wanted.user].handle) {
            findings.push(finding(Harm::Misbound, id, "a confirmed order is for another user"));
        }
    }
    findings
}
