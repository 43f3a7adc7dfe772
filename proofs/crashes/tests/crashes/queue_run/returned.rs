//! Keys that come back: one that is in use, and one that was made and not registered. Nobody may be able to use them
//! afterwards, although the connector is killed meanwhile and the caller repeats the request only if it was not
//! recorded.

use reqwest::Method;
use serde_json::{Value, json};

use super::acts::DELIVERED;
use super::{QueueRun, READY};
use crate::case_run::AFTER_CLAIMS;
use crate::checks::Promise;
use crate::connector::{Connector, Stop};

impl QueueRun<'_> {
    pub(super) async fn take_back(&mut self, connector: &Connector) -> Result<(), Stop> {
        self.queue(connector).await?;
        self.wait_until_left(connector).await?;
        self.resolve(connector).await?;
        if !self.is_prepared {
            self.move_parcel(0, READY).await;
            self.run_until(connector, 0, "complete").await?;
            let fault = json!({ "endpoint": "graph.register", "kind": "fail_before", "status": 403 });
            self.world.set_fault(&fault).await;
            self.move_parcel(1, READY).await;
            self.run_until(connector, 1, "fulfilled").await?;
            self.world.clear_faults().await;
            self.is_prepared = true;
        }
        for number in 0..2 {
            let id = self.id(number)?;
            if !self.details(connector, &id).await?["withdrawal"].is_object() {
                self.return_key(connector, number).await?;
            }
        }
        // Without another request: a run finishes what a killed process left.
        self.run_once(connector).await?;
        self.check_returned(connector).await?;
        for number in 0..2 {
            let id = self.id(number)?;
            let before = self.details(connector, &id).await?["withdrawal"].clone();
            let again = self.return_key(connector, number).await?;
            if again["repeated"] != true || again["withdrawal"] != before || again["id"] != id.as_str() {
                self.breaks(Promise::CallerAnswerIsTrue, format!("a repeated return answers {again}, not {before}"));
            }
            self.move_parcel(number, DELIVERED).await;
        }
        self.run_once(connector).await?;
        self.check_returned(connector).await?;
        for (number, pins) in [(0, 1), (1, 0)] {
            self.check_pins_of(number, pins).await?;
        }
        let (records, parcels) = (self.records()?.len(), self.world.parcels().await.len());
        if (records, parcels) != (2, 2) {
            let what = format!("{records} records and {parcels} parcels for two returned keys");
            self.breaks(Promise::NotOrderedTwice, what);
        }
        Ok(())
    }

    async fn check_returned(&mut self, connector: &Connector) -> Result<(), Stop> {
        for (number, phase) in [(0, "complete"), (1, "cancelled")] {
            let id = self.id(number)?;
            let details = self.details(connector, &id).await?;
            if details["withdrawal"]["complete"] != true || details["phase"] != phase {
                let what = format!("key {number} is {}, not {phase}: {}", details["phase"], details["withdrawal"]);
                self.breaks(Promise::Settles, what);
            }
            self.check_no_method(number, "after the return").await;
        }
        Ok(())
    }

    async fn return_key(&mut self, connector: &Connector, number: usize) -> Result<Value, Stop> {
        let recipient = self.orders[number].recipient();
        let parcels = self.world.parcels().await;
        let serial = parcels.iter().find(|parcel| parcel["recipient_email"] == recipient);
        let serial = serial.and_then(|parcel| parcel["serial_number"].as_str()).unwrap_or_default();
        let path = format!("/v1/keys/{serial}/return");
        let body = json!({ "reason": "it came back by post" });
        for _ in 0..4 {
            let answer = self.call(connector, Method::POST, &path, Some(&body)).await?;
            match answer.status {
                200 => return Ok(answer.body),
                409 => self.advance(AFTER_CLAIMS, connector).await?,
                status => return Err(Stop::Broken(format!("could not return a key: {status} {}", answer.body))),
            }
        }
        Err(Stop::Broken("the shipment of the returned key stays busy".to_owned()))
    }
}
