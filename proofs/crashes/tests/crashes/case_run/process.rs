use reqwest::Method;
use serde_json::json;

use super::{AFTER_CLAIMS, CaseRun, end_if_refused};
use crate::connector::{Connector, Stop};

/// State "shipped" of a parcel.
const READY: i64 = 103;

impl CaseRun<'_> {
    /// Processes every shipment as far as possible without an operator.
    pub(super) async fn process(&mut self, connector: &Connector) -> Result<(), Stop> {
        if !self.ran_before_shipping {
            self.run_once(connector).await?;
            self.ran_before_shipping = true;
        }
        for _ in 0..6 {
            self.ship_parcels().await;
            self.run_once(connector).await?;
            if !self.records()?.iter().any(|record| record.is_open()) {
                break;
            }
            self.advance(AFTER_CLAIMS, connector).await?;
        }
        Ok(())
    }

    pub(super) async fn run_once(&self, connector: &Connector) -> Result<(), Stop> {
        let answer = self.call(connector, Method::POST, "/v1/operations/process-shipments", None).await?;
        match answer.status {
            204 => end_if_refused(connector),
            status => Err(Stop::Broken(format!("processing failed with {status}: {}", answer.body))),
        }
    }

    pub(super) async fn ship_parcels(&self) {
        for parcel in self.world.parcels().await {
            if parcel["state_id"] != READY {
                let path = format!("/parcels/{}/state", parcel["shipment_id"].as_str().unwrap());
                self.world.control(Method::POST, &path, Some(&json!({ "state_id": READY }))).await;
            }
        }
    }
}
