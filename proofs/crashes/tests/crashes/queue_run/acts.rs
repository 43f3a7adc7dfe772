//! What the acts on a person's keys share: keys in a phase, mails, and links in them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::{LONGEST, QueueRun};
use crate::checks::Promise;
use crate::connector::{Connector, Stop};

/// State of a parcel that was delivered.
pub(super) const DELIVERED: i64 = 104;

impl QueueRun<'_> {
    /// Returns Keyferry's id of an order, as its caller knows it.
    pub(super) fn id(&self, number: usize) -> Result<String, Stop> {
        self.accepted[number].clone().ok_or_else(|| Stop::Broken(format!("order {number} has no id")))
    }

    pub(super) async fn details(&self, connector: &Connector, id: &str) -> Result<Value, Stop> {
        Ok(self.call(connector, Method::GET, &format!("/v1/shipments/{id}"), None).await?.body)
    }

    /// Moves the parcels of an order to a state.
    pub(super) async fn move_parcel(&self, number: usize, state: i64) {
        let recipient = self.orders[number].recipient();
        for parcel in self.world.parcels().await.iter().filter(|parcel| parcel["recipient_email"] == recipient) {
            let path = format!("/parcels/{}/state", parcel["shipment_id"].as_str().unwrap());
            self.world.control(Method::POST, &path, Some(&json!({ "state_id": state }))).await;
        }
    }

    /// Runs until the order is in this phase.
    pub(super) async fn run_until(&self, connector: &Connector, number: usize, phase: &str) -> Result<(), Stop> {
        let (id, start) = (self.id(number)?, Instant::now());
        loop {
            let details = self.details(connector, &id).await?;
            if details["phase"] == phase {
                return Ok(());
            }
            if start.elapsed() > LONGEST {
                return Err(Stop::Broken(format!("order {number} does not become {phase}: {details}")));
            }
            self.run_once(connector).await?;
        }
    }

    /// Waits until no order that may leave is in the queue or being sent. Orders that wait for an address stay.
    pub(super) async fn wait_until_complete_ones_left(&mut self, connector: &Connector) -> Result<(), Stop> {
        let start = Instant::now();
        let leave = self.orders.iter().zip(&self.accepted).filter(|(order, _)| !order.is_without_address);
        let leave: Vec<_> = leave.filter_map(|(_, id)| id.clone()).collect();
        loop {
            let records = self.records()?;
            let mut waiting = records.iter().filter(|record| ["queued", "submitting"].contains(&record.phase.as_str()));
            if !waiting.any(|record| leave.contains(&record.id)) {
                return Ok(());
            }
            if connector.is_killed() {
                return Err(Stop::Killed);
            }
            if start.elapsed() > LONGEST {
                self.breaks(Promise::OrderNotLost, "orders do not leave the queue");
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Checks that the identity provider has no method of this person.
    pub(super) async fn check_no_method(&mut self, number: usize, when: &str) {
        let person = self.orders[number].person();
        let methods = self.world.methods(person.id).await;
        if !methods.is_empty() {
            let what = format!("{when}, {} still has {} passkeys", person.name, methods.len());
            self.breaks(Promise::PasskeyIsGone, what);
        }
    }

    /// Returns the texts of mails to this address that contain `part`, by message id without domain, in their order.
    pub(super) async fn mails_with(&self, to: &str, part: &str) -> Vec<(String, String)> {
        let mails = self.world.mails().await;
        let texts = mails.iter().filter(|mail| mail["to"] == json!([to])).filter_map(|mail| {
            let id = mail["message_id"].as_str()?.trim_matches(['<', '>']).split('@').next()?.to_owned();
            Some((id, mail["text"].as_str()?.to_owned())).filter(|(_, text)| text.contains(part))
        });
        texts.collect()
    }

    /// Checks that one PIN was sent for the key of an order, or none. A kill can repeat it under its message id.
    pub(super) async fn check_pins_of(&mut self, number: usize, expected: usize) -> Result<(), Stop> {
        let (id, manager) = (self.id(number)?, self.orders[number].person().manager);
        let mut ids = BTreeMap::<String, usize>::new();
        for (message, _) in self.mails_with(manager, "").await {
            if message.starts_with(&id) {
                *ids.entry(message).or_default() += 1;
            }
        }
        if ids.len() != expected {
            let what = format!("order {number}: PINs arrived under {ids:?}, expected {expected} message ids");
            self.breaks(Promise::PinUnderOneMessageId, what);
        }
        Ok(())
    }
}

/// Returns the first link in a mail to a page below `path`, at the current address of the connector.
pub(super) fn link(text: &str, path: &str, connector: &Connector) -> Option<String> {
    let token = text.split(path).nth(1)?.split_whitespace().next()?;
    Some(format!("{}{path}{token}", connector.api))
}
