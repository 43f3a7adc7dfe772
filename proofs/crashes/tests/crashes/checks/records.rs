//! Checks records: each is settled and not claimed, has its secret, and agrees with the API.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;

use super::{Promise, Sides};
use crate::case_run::{AFTER_CLAIMS, CaseRun};
use crate::connector::{Connector, Stop};
use crate::database;

impl CaseRun<'_> {
    pub(super) async fn check_records(&mut self, sides: &Sides, connector: &Connector) -> Result<(), Stop> {
        let secrets = database::secrets(&self.dir)
            .map_err(|error| Stop::Broken(format!("could not read the secrets: {error}")))?;
        let now = DateTime::<Utc>::from(std::time::SystemTime::now()) + TimeDelta::seconds(self.offset);
        for record in &sides.records {
            let id = &record.id;
            if !["complete", "refused", "cancelled"].contains(&record.phase.as_str()) {
                let error = record.error.as_deref().unwrap_or("no error");
                let what = format!("{id} for {} is {}: {error}", record.recipient, record.phase);
                self.breaks(Promise::Settles, what);
            }
            let until = record.claim_until.as_deref().map(|text| text.parse::<DateTime<Utc>>().unwrap());
            // One that ends later was made by a clock that was wrong, and counts as expired.
            let latest = now + TimeDelta::seconds(AFTER_CLAIMS);
            if until.is_some_and(|until| until > now && until <= latest) {
                self.breaks(Promise::Settles, format!("{id} is claimed until {until:?}"));
            }
            if record.shipment_id.is_some() && !secrets.contains(id) {
                self.breaks(Promise::OrderNotLost, format!("{id} is accepted, but its secret is missing"));
            }
            self.check_view(sides, &record.id, connector).await?;
        }
        Ok(())
    }

    /// Checks that the API returns the same as the record.
    async fn check_view(&mut self, sides: &Sides, id: &str, connector: &Connector) -> Result<(), Stop> {
        let Some(record) = sides.record(id) else { return Ok(()) };
        let path = format!("/v1/shipments/{id}");
        let details = self.api_get(connector, &path).await?;
        if details["phase"] != record.phase.as_str() || details["shipment_id"].as_str() != record.shipment_id.as_deref()
        {
            self.breaks(Promise::OrderNotLost, format!("{id}: the API returns {details}"));
        }
        let Some(parcel) = sides.parcels.iter().find(|parcel| parcel.request_id == id) else { return Ok(()) };
        let key = &details["keys"][0];
        let shown = (key["serial_number"].as_str(), key["credentials"][0]["credential_id"].as_str());
        if record.phase == "complete" && shown != (Some(parcel.serial.as_str()), Some(parcel.credential_id.as_str())) {
            let what =
                format!("{id}: the API returns {shown:?} for key {} in parcel {}", parcel.serial, parcel.shipment_id);
            self.breaks(Promise::RightPerson, what);
        }
        Ok(())
    }

    async fn api_get(&self, connector: &Connector, path: &str) -> Result<serde_json::Value, Stop> {
        let answer = self.api(connector).call(connector, Method::GET, path, None).await?;
        if answer.status != 200 {
            return Err(Stop::Broken(format!("{path} failed with {}: {}", answer.status, answer.body)));
        }
        Ok(answer.body)
    }
}
