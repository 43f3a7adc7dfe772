//! What people do: ask for a PIN again, and look after what is in doubt.

use reqwest::Method;
use serde_json::json;

use super::{AFTER_CLAIMS, Voyage};
use crate::life::{Life, Stop};

impl Voyage<'_> {
    /// Somebody lost the first PIN that went out.
    pub(super) async fn resend(&mut self, life: &Life) -> Result<(), Stop> {
        let records = self.records()?;
        let Some(record) = records.iter().find(|record| record.phase == "complete" && record.shipment_id.is_some())
        else {
            return Ok(());
        };
        for _ in 0..3 {
            *self.resends.entry(record.id.clone()).or_default() += 1;
            let path = format!("/v1/operations/resend-pin/{}", record.id);
            let answer = self.call(life, Method::POST, &path, None).await?;
            match answer.status {
                204 => return Ok(()),
                409 => self.pass(AFTER_CLAIMS, life).await?,
                _ if self.case.faults => return Ok(()),
                status => {
                    let body = answer.body;
                    return Err(Stop::Broken(format!("the PIN of {} was not sent again: {status} {body}", record.id)));
                }
            }
        }
        Ok(())
    }

    /// Somebody looks into the delivery service's console for each order in doubt, and says what they found.
    pub(super) async fn resolve(&mut self, life: &Life) -> Result<(), Stop> {
        for _ in 0..4 {
            let records = self.records()?;
            let parcels = self.world.parcels().await;
            let mut adopted = false;
            for record in records.iter().filter(|record| record.phase == "unconfirmed") {
                let id_of = |parcel: &serde_json::Value| parcel["shipment_id"].as_str().unwrap().to_owned();
                let known = |id: &String| records.iter().any(|record| record.shipment_id.as_ref() == Some(id));
                let theirs = parcels.iter().filter(|parcel| parcel["recipient_email"] == record.recipient.as_str());
                let found = theirs.map(id_of).find(|id| !known(id));
                self.in_doubt.insert(record.id.clone(), found.is_some());
                let word = match &found {
                    Some(id) => json!({ "reason": "found in the console", "outcome": "adopted", "shipment_id": id }),
                    None => json!({ "reason": "the console shows no such order" }),
                };
                let path = format!("/v1/fpr/shipments/{}/resolve", record.id);
                let answer = self.call(life, Method::POST, &path, Some(&word)).await?;
                match answer.status {
                    200..300 => adopted |= found.is_some(),
                    409 => self.pass(AFTER_CLAIMS, life).await?,
                    _ if self.case.faults => {}
                    status => {
                        let body = answer.body;
                        return Err(Stop::Broken(format!("{} could not be resolved: {status} {body}", record.id)));
                    }
                }
            }
            if adopted {
                self.process(life).await?;
            }
            if !self.records()?.iter().any(|record| record.phase == "unconfirmed") {
                break;
            }
        }
        Ok(())
    }
}
