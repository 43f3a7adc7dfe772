//! Each record says how it stands, nobody holds it, and its secret is there.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;

use super::{Promise, Sides};
use crate::database;
use crate::life::{Life, Stop};
use crate::voyage::Voyage;

impl Voyage<'_> {
    pub(super) async fn check_records(&mut self, sides: &Sides, life: &Life) -> Result<(), Stop> {
        let secrets = database::secrets(&self.dir)
            .map_err(|error| Stop::Broken(format!("the secrets cannot be read: {error}")))?;
        let now = DateTime::<Utc>::from(std::time::SystemTime::now()) + TimeDelta::seconds(self.offset);
        for record in &sides.records {
            let id = &record.id;
            if !["complete", "refused"].contains(&record.phase.as_str()) {
                let error = record.error.as_deref().unwrap_or("and nothing stands in its way");
                let what = format!("{id} for {} is {}: {error}", record.recipient, record.phase);
                self.breaks(Promise::Settles, what);
            }
            let until = record.claim_until.as_deref().map(|text| text.parse::<DateTime<Utc>>().unwrap());
            if until.is_some_and(|until| until > now) {
                self.breaks(Promise::Settles, format!("{id} is claimed until {until:?}"));
            }
            if record.shipment_id.is_some() && !secrets.contains(id) {
                self.breaks(Promise::NotForgotten, format!("{id} is accepted, and its secret is gone"));
            }
            self.check_view(sides, &record.id, life).await?;
        }
        Ok(())
    }

    /// The API tells the same as the record.
    async fn check_view(&mut self, sides: &Sides, id: &str, life: &Life) -> Result<(), Stop> {
        let Some(record) = sides.record(id) else { return Ok(()) };
        let path = format!("/v1/fpr/shipments/{id}/details");
        let details = self.api_get(life, &path).await?;
        if details["phase"] != record.phase.as_str() || details["shipment_id"].as_str() != record.shipment_id.as_deref()
        {
            self.breaks(Promise::NotForgotten, format!("{id}: the API tells {details}"));
        }
        let Some(parcel) = sides.parcels.iter().find(|parcel| parcel.request_id == id) else { return Ok(()) };
        let key = &details["keys"][0];
        let told = (key["serial_number"].as_str(), key["credentials"][0]["credential_id"].as_str());
        if record.phase == "complete" && told != (Some(parcel.serial.as_str()), Some(parcel.credential_id.as_str())) {
            let what =
                format!("{id}: the API tells {told:?} of key {} in parcel {}", parcel.serial, parcel.shipment_id);
            self.breaks(Promise::RightPerson, what);
        }
        Ok(())
    }

    async fn api_get(&self, life: &Life, path: &str) -> Result<serde_json::Value, Stop> {
        let answer = self.api(life).call(life, Method::GET, path, None).await?;
        if answer.status != 200 {
            return Err(Stop::Broken(format!("{path} was answered with {}: {}", answer.status, answer.body)));
        }
        Ok(answer.body)
    }
}
