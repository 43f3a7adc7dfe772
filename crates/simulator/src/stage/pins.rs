//! Judges registrations and PINs.

use std::collections::{BTreeMap, BTreeSet};

use keyferry_domain::phase::CompletedBy;
use keyferry_domain::{Phase, Shipment, ShipmentId};

use super::books::{Books, STREET};
use crate::judge::{Finding, Harm};

fn finding(harm: Harm, id: ShipmentId, text: impl Into<String>) -> Finding {
    Finding { harm, shipment: Some(id), text: text.into() }
}

pub(super) fn judge(books: &Books) -> Vec<Finding> {
    let mut findings = Vec::new();
    if books.repeated > 0 {
        let text = format!("{} credentials were registered again", books.repeated);
        findings.push(Finding { harm: Harm::Doubled, shipment: None, text });
    }
    for user in &books.users {
        for (_, made_for) in user.methods.iter().filter(|(_, made_for)| *made_for != user.handle) {
            let text = format!("the key for {made_for} is registered for {}", user.handle);
            findings.push(Finding { harm: Harm::Misbound, shipment: None, text });
        }
    }
    findings.extend(books.records.values().filter_map(|shipment| unusable(books, shipment)));
    findings.extend(sent(books));
    findings.extend(message_ids(books));
    findings.extend(written(books));
    findings
}

/// Returns a finding if a shipment is shown as complete, and its key cannot be used.
fn unusable(books: &Books, shipment: &Shipment) -> Option<Finding> {
    let id = shipment.id();
    let by_hand = books.intents.by_hand.get(&id);
    if let Some(before) = by_hand {
        let pins = books.sent.iter().filter(|sent| sent.shipment == id).count();
        return match (shipment.state(), pins > *before) {
            ("complete", false) => None,
            (_, true) => Some(finding(Harm::Seen, id, "a PIN was sent after an edit by hand completed the shipment")),
            _ => Some(finding(Harm::Silent, id, "an edit by hand was overwritten")),
        };
    }
    let Phase::Complete(complete) = shipment.phase() else { return None };
    if complete.by != CompletedBy::Processing {
        return None;
    }
    let parcel = books.parcel_of(id)?;
    let user = books.user_of(shipment)?;
    let registered = user.methods.iter().any(|(credential, _)| Some(credential) == parcel.credential.as_ref());
    if books.intents.lost.contains(&id) {
        return registered.then(|| finding(Harm::Misbound, id, "reported as lost, but its key can still be used"));
    }
    if !registered {
        return Some(finding(Harm::Misbound, id, "complete, but its key is not registered"));
    }
    let has_pin = books.sent.iter().any(|sent| sent.shipment == id);
    (!has_pin).then(|| finding(Harm::Misbound, id, "complete, but its PIN was never sent"))
}

/// Finds PINs of other keys, and PINs to others than the addressee.
fn sent(books: &Books) -> Vec<Finding> {
    let mut findings = Vec::new();
    for sent in &books.sent {
        let id = sent.shipment;
        let Some(parcel) = books.parcel_of(id) else {
            findings.push(finding(Harm::Seen, id, "a PIN was sent for a shipment without a parcel"));
            continue;
        };
        if (parcel.pin.as_deref(), parcel.serial.as_deref()) != (Some(&sent.pin), Some(&sent.serial)) {
            findings.push(finding(Harm::Seen, id, "the PIN of another key was sent"));
        }
        let manager = books.records.get(&id).and_then(|shipment| books.user_of(shipment)?.manager.clone());
        let expected: Vec<_> = manager.iter().map(ToString::to_string).collect();
        if sent.addressees != expected {
            let text = format!("a PIN was sent to {}, its addressee is {expected:?}", sent.addressees.join(", "));
            findings.push(finding(Harm::Seen, id, text));
        }
    }
    findings
}

/// Checks that repeated attempts can be recognised by their message id, and resends are not.
fn message_ids(books: &Books) -> Vec<Finding> {
    let mut ids = BTreeMap::<ShipmentId, BTreeSet<&str>>::new();
    for sent in &books.sent {
        ids.entry(sent.shipment).or_default().insert(&sent.message_id);
    }
    let mut findings = Vec::new();
    for (id, messages) in ids {
        let (asked, confirmed) = books.intents.resent.get(&id).copied().unwrap_or_default();
        let text = format!("{} message ids for one PIN that was resent {confirmed} times", messages.len());
        if messages.len() < 1 + confirmed {
            findings.push(finding(Harm::Lost, id, text));
        } else if messages.len() > 1 + asked {
            findings.push(finding(Harm::Doubled, id, text));
        }
    }
    findings
}

/// Finds PINs and addresses in records and events.
fn written(books: &Books) -> Vec<Finding> {
    let pins = books.parcels.iter().filter_map(|parcel| parcel.pin.as_deref().map(|pin| (parcel.request, pin)));
    let mut findings: Vec<_> = pins
        .filter(|(_, pin)| books.written.iter().any(|text| text.contains(pin)))
        .map(|(id, _)| finding(Harm::Seen, id, "a PIN was written to the store"))
        .collect();
    if books.written.iter().any(|text| text.contains(STREET)) {
        let text = "an address was written to the store".to_owned();
        findings.push(Finding { harm: Harm::Seen, shipment: None, text });
    }
    findings
}
