//! Judges the histories of shipments, and what a receiver of webhooks got.

use std::collections::BTreeMap;

use keyferry_domain::{EventKind, PhaseName, Shipment, ShipmentId};
use serde_json::Value;

use super::books::Books;
use crate::judge::{Finding, Harm};

fn finding(id: ShipmentId, text: impl Into<String>) -> Finding {
    Finding { harm: Harm::Silent, shipment: Some(id), text: text.into() }
}

pub(super) fn judge(books: &Books, accepted: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, shipment) in &books.records {
        let events = &books.events[id];
        let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
        if !numbers.iter().copied().eq(1..=u32::try_from(numbers.len()).unwrap()) {
            findings.push(finding(*id, format!("its events have the numbers {numbers:?}")));
        }
        let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
        if let Some(missing) = expected(shipment).into_iter().find(|any| !any.iter().any(|kind| kinds.contains(kind))) {
            let name = shipment.phase().name().as_str();
            findings.push(finding(*id, format!("{name}, but its history has no {missing:?}")));
        }
    }
    if !accepted.is_empty() {
        findings.extend(received(books, accepted));
    }
    findings
}

/// Returns the kinds of events of which the history of a shipment in this phase has one each.
fn expected(shipment: &Shipment) -> Vec<&'static [EventKind]> {
    use EventKind as Kind;
    const SUBMITTED: &[Kind] = &[Kind::Submitted];
    const ACCEPTED: &[Kind] = &[Kind::Accepted, Kind::Adopted];
    const FULFILLED: &[Kind] = &[Kind::Fulfilled];
    const REGISTERED: &[Kind] = &[Kind::Registered];
    match shipment.phase().name() {
        PhaseName::Queued => vec![&[Kind::Queued]],
        PhaseName::Submitting => vec![SUBMITTED],
        PhaseName::Refused => vec![SUBMITTED, &[Kind::Refused]],
        PhaseName::Unconfirmed => vec![SUBMITTED, &[Kind::Unconfirmed]],
        PhaseName::Accepted => vec![SUBMITTED, ACCEPTED],
        PhaseName::Fulfilled => vec![SUBMITTED, ACCEPTED, FULFILLED],
        PhaseName::Registered => vec![SUBMITTED, ACCEPTED, FULFILLED, REGISTERED],
        PhaseName::Complete if shipment.phase().registered().is_some() => {
            vec![SUBMITTED, ACCEPTED, FULFILLED, REGISTERED, &[Kind::Completed]]
        }
        PhaseName::Complete => vec![&[Kind::Completed]],
        PhaseName::Cancelling | PhaseName::Cancelled => vec![&[Kind::CancelRequested, Kind::Cancelled]],
    }
}

/// Compares the messages of the receiver with the histories.
fn received(books: &Books, accepted: &[String]) -> Vec<Finding> {
    let mut got = BTreeMap::<String, Vec<u64>>::new();
    for body in accepted {
        let body: Value = serde_json::from_str(body).unwrap();
        let (Some(id), Some(event)) = (body["data"]["id"].as_str(), body["data"]["event"].as_u64()) else { continue };
        let numbers = got.entry(id.to_owned()).or_default();
        // A message that is sent again after its answer was lost is no other event.
        if !numbers.contains(&event) {
            numbers.push(event);
        }
    }
    let mut findings = Vec::new();
    for (id, events) in &books.events {
        let numbers = got.remove(&id.to_string()).unwrap_or_default();
        if !numbers.iter().copied().eq(1..=events.len() as u64) {
            let text = format!("the receiver got its events {numbers:?} of {}", events.len());
            findings.push(finding(*id, text));
        }
    }
    findings
}
