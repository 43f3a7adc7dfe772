//! A person who leaves, with a key in use, one whose PIN waits, one in the post, one that is not made yet, and an order
//! without an address.
//! Nothing of it may be usable afterwards, although the connector is killed meanwhile. A caller that got no answer
//! repeats the request.

use reqwest::Method;
use serde_json::{Value, json};

use super::acts::DELIVERED;
use super::{QueueRun, READY};
use crate::case_run::AFTER_CLAIMS;
use crate::checks::Promise;
use crate::connector::{Connector, Stop};

/// Phases of the orders in the end, by number.
const ENDS: [&[&str]; 5] =
    [&["complete"], &["cancelled"], &["cancelling", "cancelled"], &["cancelled"], &["cancelled"]];

impl QueueRun<'_> {
    pub(super) async fn offboard(&mut self, connector: &Connector) -> Result<(), Stop> {
        self.queue(connector).await?;
        self.wait_until_complete_ones_left(connector).await?;
        if !self.is_prepared {
            self.move_parcel(0, READY).await;
            self.run_until(connector, 0, "registered").await?;
            self.move_parcel(0, DELIVERED).await;
            self.run_until(connector, 0, "complete").await?;
            self.move_parcel(1, READY).await;
            self.run_until(connector, 1, "registered").await?;
            // No run sees it before the request.
            self.move_parcel(2, READY).await;
            self.is_prepared = true;
        }
        if self.case_was_killed() {
            // Without another request: a run finishes what was committed.
            self.run_once(connector).await?;
            for number in 0..self.orders.len() {
                let id = self.id(number)?;
                let act = self.details(connector, &id).await?["withdrawal"].clone();
                if act.is_object() && act["complete"] != true {
                    self.breaks(Promise::Settles, format!("order {number}: a run did not finish the act: {act}"));
                }
            }
        }
        self.ask_to_offboard(connector).await?;
        self.check_no_method(0, "after the answer").await;
        for number in 0..3 {
            self.move_parcel(number, DELIVERED).await;
        }
        for _ in 0..2 {
            self.advance(AFTER_CLAIMS, connector).await?;
            self.run_once(connector).await?;
        }
        self.check_no_method(0, "after later runs").await;
        let again = self.ask_to_offboard(connector).await?;
        let entries = again["shipments"].as_array().cloned().unwrap_or_default();
        if entries.len() != 5 || entries.iter().any(|entry| entry["revoked"] == true || entry["cancelled"] == true) {
            self.breaks(Promise::CallerAnswerIsTrue, format!("a repeated offboarding answers {again}"));
        }
        for (number, ends) in ENDS.iter().enumerate() {
            let id = self.id(number)?;
            let details = self.details(connector, &id).await?;
            let phase = details["phase"].as_str().unwrap_or_default();
            if !ends.contains(&phase) || details["withdrawal"]["complete"] != true {
                let what = format!("order {number} is {phase}, not one of {ends:?}: {}", details["withdrawal"]);
                self.breaks(Promise::Settles, what);
            }
        }
        for (number, pins) in [(0, 1), (1, 0), (2, 0), (4, 0)] {
            self.check_pins_of(number, pins).await?;
        }
        let (records, parcels) = (self.records()?.len(), self.world.parcels().await.len());
        // The order whose key was not made is deleted at the delivery service.
        if (records, parcels) != (5, 3) {
            let what = format!("{records} records and {parcels} parcels, expected five and three");
            self.breaks(Promise::NotOrderedTwice, what);
        }
        self.wait_until_unsealed(connector).await
    }

    /// Requests the act until it is complete. Returns the last answer.
    async fn ask_to_offboard(&mut self, connector: &Connector) -> Result<Value, Stop> {
        let path = format!("/v1/people/{}/offboard", self.orders[0].person().id);
        let body = json!({ "reason": "left the company" });
        let mut last = Value::Null;
        for _ in 0..3 {
            let answer = self.call(connector, Method::POST, &path, Some(&body)).await?;
            if answer.status != 200 {
                return Err(Stop::Broken(format!("could not offboard: {} {}", answer.status, answer.body)));
            }
            last = answer.body;
            if last["complete"] == true {
                return Ok(last);
            }
            self.advance(AFTER_CLAIMS, connector).await?;
        }
        Err(Stop::Broken(format!("the offboarding does not complete: {last}")))
    }
}
