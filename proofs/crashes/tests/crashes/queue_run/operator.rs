use reqwest::Method;
use serde_json::{Value, json};

use super::QueueRun;
use crate::case_run::AFTER_CLAIMS;
use crate::connector::{Connector, Stop};

impl QueueRun<'_> {
    /// Looks each unconfirmed order up in the delivery service's console, and resolves the shipment accordingly.
    pub(super) async fn resolve(&mut self, connector: &Connector) -> Result<(), Stop> {
        for record in self.records()?.iter().filter(|record| record.phase == "unconfirmed") {
            let (records, parcels) = (self.records()?, self.world.parcels().await);
            // The console shows recipients. What a key was made for is known only when it is made.
            let is_others = |parcel: &Value| {
                records.iter().any(|other| other.shipment_id.as_deref() == parcel["shipment_id"].as_str())
            };
            let found = parcels
                .iter()
                .find(|parcel| parcel["recipient_email"] == record.recipient.as_str() && !is_others(parcel));
            let (act, word) = match found {
                Some(parcel) => (
                    "resolve",
                    json!({ "reason": "in the console", "outcome": "adopted", "shipment_id": parcel["shipment_id"] }),
                ),
                None => ("cancel", json!({ "reason": "the console shows no such order" })),
            };
            let path = format!("/v1/shipments/{}/{act}", record.id);
            loop {
                let answer = self.call(connector, Method::POST, &path, Some(&word)).await?;
                match answer.status {
                    200..300 => break,
                    409 => self.advance(AFTER_CLAIMS, connector).await?,
                    status => {
                        return Err(Stop::Broken(format!("could not {act} {}: {status} {}", record.id, answer.body)));
                    }
                }
            }
            let tally = &mut self.outcome.tally;
            if found.is_some() { tally.adopted += 1 } else { tally.nothing_found += 1 }
        }
        Ok(())
    }
}
