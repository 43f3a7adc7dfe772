//! What the receivers of webhooks got: every event of each shipment, in order.

use std::collections::BTreeMap;

use keyferry_domain::ShipmentId;
use keyferry_testkit::Records;
use keyferry_testkit::outside::{Outside, lock};

use super::verdict::{Finding, Harm};

/// Books of the receivers.
#[derive(Debug, Default)]
pub(super) struct Books {
    read: usize,
    /// Number of the newest event by receiver and shipment.
    newest: BTreeMap<(String, ShipmentId), u64>,
}

impl Books {
    /// Reads what the receivers got since the last time.
    pub(super) fn read(&mut self, outside: &Outside) -> Vec<Finding> {
        let mut findings = Vec::new();
        let received = lock(&outside.receivers.received);
        for message in &received[self.read..] {
            let body: serde_json::Value = serde_json::from_str(&message.body).unwrap_or_default();
            let shipment = body["data"]["id"].as_str().and_then(ShipmentId::parse);
            let (Some(shipment), Some(event)) = (shipment, body["data"]["event"].as_u64()) else {
                continue;
            };
            let newest = self.newest.entry((message.url.clone(), shipment)).or_default();
            if event > *newest + 1 {
                let text = format!("a receiver got event {event} of a shipment after event {newest}");
                findings.push(Finding { harm: Harm::Silent, shipment: Some(shipment), text });
            }
            *newest = event.max(*newest);
        }
        self.read = received.len();
        findings
    }

    /// Returns shipments of which a receiver lacks events. Call it when nothing is left to send.
    pub(super) fn missing(&self, records: &Records, urls: &[String]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for id in records.ids() {
            let last = records.events(id, 0, u32::MAX).last().map_or(0, |event| u64::from(event.seq));
            for url in urls {
                let newest = self.newest.get(&(url.clone(), id)).copied().unwrap_or_default();
                if newest < last {
                    let text = format!("a receiver has {newest} of the {last} events of a shipment");
                    findings.push(Finding { harm: Harm::Silent, shipment: Some(id), text });
                }
            }
        }
        findings
    }
}
