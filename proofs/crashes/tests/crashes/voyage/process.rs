use reqwest::Method;
use serde_json::json;

use super::{AFTER_CLAIMS, Voyage};
use crate::life::{Life, Stop};

/// Shipped.
const READY: i64 = 103;

impl Voyage<'_> {
    /// Takes every shipment as far as it goes by itself.
    pub(super) async fn process(&mut self, life: &Life) -> Result<(), Stop> {
        if !self.looked_early {
            self.run_once(life).await?;
            self.looked_early = true;
        }
        for _ in 0..6 {
            self.parcels_travel().await;
            self.run_once(life).await?;
            if !self.records()?.iter().any(|record| record.is_open()) {
                break;
            }
            self.pass(AFTER_CLAIMS, life).await?;
        }
        Ok(())
    }

    pub(super) async fn run_once(&self, life: &Life) -> Result<(), Stop> {
        let answer = self.call(life, Method::POST, "/v1/operations/process-shipments", None).await?;
        match answer.status {
            204 => Ok(()),
            status => Err(Stop::Broken(format!("processing was answered with {status}: {}", answer.body))),
        }
    }

    pub(super) async fn parcels_travel(&self) {
        for parcel in self.world.parcels().await {
            if parcel["state_id"] != READY {
                let path = format!("/parcels/{}/state", parcel["shipment_id"].as_str().unwrap());
                self.world.control(Method::POST, &path, Some(&json!({ "state_id": READY }))).await;
            }
        }
    }
}
