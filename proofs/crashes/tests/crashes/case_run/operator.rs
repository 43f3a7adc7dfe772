//! Actions of an operator: resends a PIN, and resolves unconfirmed shipments.

use reqwest::Method;
use serde_json::json;

use super::{AFTER_CLAIMS, CaseRun};
use crate::connector::{Connector, Stop};

impl CaseRun<'_> {
    /// Resends the PIN of a complete shipment.
    pub(super) async fn resend(&mut self, connector: &Connector) -> Result<(), Stop> {
        let records = self.records()?;
        let Some(record) = records.iter().find(|record| record.phase == "complete" && record.shipment_id.is_some())
        else {
            return Ok(());
        };
        for _ in 0..3 {
            *self.resends.entry(record.id.clone()).or_default() += 1;
            let path = format!("/v1/operations/resend-pin/{}", record.id);
            let answer = self.call(connector, Method::POST, &path, None).await?;
            match answer.status {
                204 => return Ok(()),
                409 => self.advance(AFTER_CLAIMS, connector).await?,
                _ if self.case.faults => return Ok(()),
                status => {
                    let body = answer.body;
                    return Err(Stop::Broken(format!("could not resend the PIN of {}: {status} {body}", record.id)));
                }
            }
        }
        Ok(())
    }

    /// Looks each unconfirmed order up in the delivery service's console, and resolves the shipment accordingly.
    pub(super) async fn resolve(&mut self, connector: &Connector) -> Result<(), Stop> {
        for _ in 0..4 {
            let records = self.records()?;
            let parcels = self.world.parcels().await;
            let mut adopted = false;
            for record in records.iter().filter(|record| record.phase == "unconfirmed") {
                let id_of = |parcel: &serde_json::Value| parcel["shipment_id"].as_str().unwrap().to_owned();
                let known = |id: &String| records.iter().any(|record| record.shipment_id.as_ref() == Some(id));
                let theirs = parcels.iter().filter(|parcel| parcel["recipient_email"] == record.recipient.as_str());
                let found = theirs.map(id_of).find(|id| !known(id));
                self.resolved.insert(record.id.clone(), found.is_some());
                let (path, word) = match &found {
                    Some(id) => (
                        format!("/v1/shipments/{}/resolve", record.id),
                        json!({ "reason": "found in the console", "outcome": "adopted", "shipment_id": id }),
                    ),
                    None => (
                        format!("/v1/shipments/{}/cancel", record.id),
                        json!({ "reason": "the console shows no such order" }),
                    ),
                };
                let answer = self.call(connector, Method::POST, &path, Some(&word)).await?;
                match answer.status {
                    200..300 => adopted |= found.is_some(),
                    409 => self.advance(AFTER_CLAIMS, connector).await?,
                    _ if self.case.faults => {}
                    status => {
                        let body = answer.body;
                        return Err(Stop::Broken(format!("could not resolve {}: {status} {body}", record.id)));
                    }
                }
            }
            if adopted {
                self.process(connector).await?;
            }
            if !self.records()?.iter().any(|record| record.phase == "unconfirmed") {
                break;
            }
        }
        Ok(())
    }
}
