//! A lost key: its passkey must go, and the next key must be ordered once, although the connector is killed meanwhile
//! and the caller repeats a report only if it was not recorded. Person and manager get word of it.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use super::{LONGEST, QueueRun, READY};
use crate::case_run::AFTER_CLAIMS;
use crate::checks::Promise;
use crate::connector::{Connector, Stop};

impl QueueRun<'_> {
    /// Has the first key registered, reports it as lost, and waits until the next one is ordered.
    pub(super) async fn lose(&mut self, connector: &Connector) -> Result<(), Stop> {
        self.queue(connector).await?;
        self.wait_until_left(connector).await?;
        self.resolve(connector).await?;
        let Some(first) = self.accepted[0].clone() else {
            return Err(Stop::Broken("the first order has no id".to_owned()));
        };
        let person = self.orders[0].person();
        let start = Instant::now();
        while self.details(connector, &first).await?["phase"] != "complete" {
            // Not that of the next one.
            self.move_parcel(0, READY).await;
            self.run_once(connector).await?;
            if start.elapsed() > LONGEST {
                return Err(Stop::Broken("the first key is not registered".to_owned()));
            }
        }
        let is_recorded = self.details(connector, &first).await?["withdrawal"].is_object();
        if !is_recorded {
            self.report(connector, &first).await?;
        }
        // Without another report: a run finishes what a killed process left.
        self.run_once(connector).await?;
        let details = self.details(connector, &first).await?;
        if details["withdrawal"]["complete"] != true {
            let what = format!("a run did not finish the act: {}", details["withdrawal"]);
            self.breaks(Promise::Settles, what);
        }
        if !self.world.methods(person.id).await.is_empty() {
            self.breaks(Promise::Settles, "the lost key can still be used");
        }
        self.wait_until_left(connector).await?;
        self.resolve(connector).await?;
        let again = self.report(connector, &first).await?;
        let replacement = &details["withdrawal"]["replacement"];
        if again["repeated"] != true || again["withdrawal"]["replacement"] != *replacement {
            self.breaks(Promise::CallerAnswerIsTrue, format!("a repeated report answers {again}"));
        }
        let (records, parcels) = (self.records()?, self.world.parcels().await.len());
        // Killed between the record of the intent and the request: the operator found no parcel and cancelled. A kill
        // can also hide the answer to the operator, so the records are counted.
        let is_unsent = |phase: &str, sent: bool| phase == "cancelled" && !sent && self.case_was_killed();
        let unsent = records.iter().filter(|it| is_unsent(&it.phase, it.shipment_id.is_some())).count();
        let states: Vec<_> = records.iter().map(|it| (&it.phase, &it.shipment_id, &it.error)).collect();
        let what = format!("{parcels} parcels and {unsent} orders that were not sent, for two keys: {states:?}");
        let records = records.len();
        if records > 2 || parcels + unsent > 2 {
            self.breaks(Promise::NotOrderedTwice, what.clone());
        }
        if records < 2 || parcels + unsent < 2 {
            self.breaks(Promise::OrderNotLost, what);
        }
        self.check_word(connector, &first).await?;
        self.wait_until_unsealed(connector).await
    }

    /// Person and manager must have the mail about the lost key, once for each kill more at most, under one message id.
    async fn check_word(&mut self, connector: &Connector, first: &str) -> Result<(), Stop> {
        let start = Instant::now();
        let path = format!("/v1/shipments/{first}/events");
        loop {
            let events = self.call(connector, Method::GET, &path, None).await?.body.to_string();
            if events.matches("\"person_mailed\"").count() == 2 {
                break;
            }
            if start.elapsed() > LONGEST {
                self.breaks(Promise::Settles, format!("the mails about the lost key are not sent: {events}"));
                return Ok(());
            }
            self.run_once(connector).await?;
        }
        let mails = self.world.mails().await;
        let subject = |mail: &Value| mail["subject"].as_str().unwrap_or_default().to_owned();
        let (mut word, kills) = (Vec::new(), self.outcome.kills.len());
        for title in ["Your security key was reported as lost", "The security key of"] {
            let of_it: Vec<_> = mails.iter().filter(|mail| subject(mail).starts_with(title)).collect();
            let is_same = of_it.iter().all(|mail| mail["message_id"] == of_it[0]["message_id"]);
            if of_it.is_empty() || of_it.len() > 1 + kills || !is_same {
                self.breaks(Promise::Settles, format!("mails “{title}” after {kills} kills: {of_it:?}"));
            }
            word.extend(of_it.iter().map(|mail| mail.to_string()));
        }
        if word.len() > 2 + kills {
            self.breaks(Promise::Settles, format!("{} mails about one lost key", word.len()));
        }
        let street = self.orders[0].body()["yubico_shipment_request"]["mailing_address"]["street_line1"].clone();
        if word.iter().any(|mail| street.as_str().is_some_and(|street| mail.contains(street))) {
            self.breaks(Promise::Settles, "a mail about the lost key contains the address");
        }
        Ok(())
    }

    /// Reports the key as lost. Returns the answer.
    async fn report(&mut self, connector: &Connector, first: &str) -> Result<Value, Stop> {
        let path = format!("/v1/people/{}/lost-key", self.orders[0].person().id);
        let mut order = self.orders[0].body();
        order["yubico_shipment_request"]["recipient"]["recipient_email"] = json!("parcel-9@contoso.onmicrosoft.com");
        let body = json!({ "reason": "lost on a train", "shipment": first, "order": order });
        for _ in 0..4 {
            let answer = self.call(connector, Method::POST, &path, Some(&body)).await?;
            match answer.status {
                200 => return Ok(answer.body),
                409 => self.advance(AFTER_CLAIMS, connector).await?,
                status => return Err(Stop::Broken(format!("could not report a lost key: {status} {}", answer.body))),
            }
        }
        Err(Stop::Broken("the shipment of the lost key stays busy".to_owned()))
    }
}
