//! Checks the mails: each completed shipment has its own PIN, at the right addressee, under one message id.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Parcel, Promise, Sides};
use crate::case::PinBy;
use crate::case_run::CaseRun;

impl CaseRun<'_> {
    pub(super) async fn check_pins(&mut self, sides: &Sides) {
        let mails = self.world.mails().await;
        let mut counted = 0;
        for parcel in &sides.parcels {
            let id = parcel.request_id.as_str();
            let of_this = |mail: &&serde_json::Value| is_of(mail, parcel);
            let mails: Vec<_> = mails.iter().filter(of_this).collect();
            counted += mails.len();
            let complete = sides.record(id).is_some_and(|record| record.phase == "complete");
            if complete && mails.is_empty() {
                self.breaks(Promise::PinIsDelivered, format!("{id} is complete, but no PIN was mailed"));
            }
            // Graph does not accept a message id from the sender.
            if self.case.pin_by != PinBy::Graph {
                self.check_message_ids(id, &mails);
            }
            self.check_contents(parcel, &mails).await;
        }
        if counted != mails.len() {
            let what = format!("{} mails arrived, but only {counted} belong to a parcel", mails.len());
            self.breaks(Promise::PinUnderOneMessageId, what);
        }
    }

    /// Checks message ids: one for all automatic attempts, and one for each resend.
    fn check_message_ids(&mut self, id: &str, mails: &[&serde_json::Value]) {
        let mut times = BTreeMap::<String, usize>::new();
        for mail in mails {
            *times.entry(message_id(mail)).or_default() += 1;
        }
        let (resent, automatic): (Vec<_>, Vec<_>) = times.keys().partition(|id| id.matches('.').count() == 2);
        let asked = self.resends.get(id).copied().unwrap_or_default() as usize;
        if automatic.len() > 1 || resent.len() > asked {
            let what = format!("{id}: PINs arrived under {times:?} with {asked} resends");
            self.breaks(Promise::PinUnderOneMessageId, what);
        }
        if self.case.is_killed_idle() && automatic.iter().any(|id| times[id.as_str()] > 1) {
            self.breaks(Promise::PinSentOnce, format!("{id}: PINs arrived under {times:?}"));
        }
        let tally = &mut self.outcome().tally;
        tally.resent += resent.len();
        tally.repeated_mails += times.values().map(|times| times - 1).sum::<usize>();
    }

    async fn check_contents(&mut self, parcel: &Parcel, mails: &[&serde_json::Value]) {
        let Some(order) = self.orders.iter().find(|order| order.recipient() == parcel.recipient).cloned() else {
            return;
        };
        let id = &parcel.request_id;
        let pin = self.world.pin_of(&parcel.serial).await;
        for mail in mails {
            if mail["to"] != json!([order.person().manager]) {
                let what = format!("{id}: the PIN for {} went to {}", order.person().name, mail["to"]);
                self.breaks(Promise::RightPerson, what);
            }
            let text = mail["text"].as_str().or(mail["html"].as_str()).unwrap_or_default();
            if !text.contains(&pin) {
                let what = format!("{id}: a mail does not contain the PIN of key {}", parcel.serial);
                self.breaks(Promise::PinIsDelivered, what);
            }
        }
    }
}

/// Returns whether a mail belongs to this parcel: by its message id, or without one, by the serial number of the key.
fn is_of(mail: &serde_json::Value, parcel: &Parcel) -> bool {
    match message_id(mail).as_str() {
        "" => mail["text"].as_str().or(mail["html"].as_str()).is_some_and(|text| text.contains(&parcel.serial)),
        id => id.starts_with(&format!("{}.", parcel.request_id)),
    }
}

/// Returns the message id without brackets and domain.
fn message_id(mail: &serde_json::Value) -> String {
    let id = mail["message_id"].as_str().unwrap_or_default().trim_matches(['<', '>']);
    id.split('@').next().unwrap_or_default().to_owned()
}
