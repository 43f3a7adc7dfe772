//! Orders without an address: a person gives one on the page, after a reminder, and an operator gives the other.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::acts::link;
use super::{LONGEST, QueueRun};
use crate::case_run::AFTER_CLAIMS;
use crate::checks::Promise;
use crate::connector::{Connector, Stop};

const PAGE: &str = "/me/address/";
const STREETS: [&str; 2] = ["7 Hidden Lane", "8 Hidden Lane"];
const DAY: i64 = 24 * 3600;

/// How far an address is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Given {
    #[default]
    No,
    /// The request was sent. Its answer may be lost.
    Sent,
    /// The request was answered.
    Answered,
}

impl QueueRun<'_> {
    pub(super) async fn collect_addresses(&mut self, connector: &Connector) -> Result<(), Stop> {
        self.queue_one(connector, 0).await?;
        self.wait_for_mails(connector, 0, 1).await?;
        if !self.is_prepared {
            self.is_prepared = true;
            self.advance(DAY + 60, connector).await?;
        }
        // Wakes the dispatcher, which also reminds.
        self.queue_one(connector, 1).await?;
        if self.given[0] == Given::No {
            self.wait_for_mails(connector, 0, 2).await?;
        }
        self.give_as_person(connector).await?;
        self.give_as_operator(connector).await?;
        self.wait_until_left(connector).await?;
        self.ship_parcels().await;
        self.resolve(connector).await?;
        self.check_parcels().await?;
        self.run_once(connector).await?;
        self.check_mails().await?;
        self.wait_until_unsealed(connector).await
    }

    /// Waits until the person was asked this often.
    async fn wait_for_mails(&mut self, connector: &Connector, number: usize, times: usize) -> Result<(), Stop> {
        let start = Instant::now();
        while self.asked(number).await?.len() < times {
            if connector.is_killed() {
                return Err(Stop::Killed);
            }
            if start.elapsed() > LONGEST {
                return Err(Stop::Broken(format!("mail {times} to the person of order {number} does not arrive")));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Returns the message ids under which the person was asked.
    async fn asked(&self, number: usize) -> Result<BTreeSet<String>, Stop> {
        let (id, person) = (self.id(number)?, self.orders[number].person().name);
        let mails = self.mails_with(person, PAGE).await;
        Ok(mails.into_iter().map(|(message, _)| message).filter(|message| message.starts_with(&id)).collect())
    }

    async fn give_as_person(&mut self, connector: &Connector) -> Result<(), Stop> {
        let person = self.orders[0].person().name;
        let links =
            self.mails_with(person, PAGE).await.into_iter().filter_map(|(_, text)| link(&text, PAGE, connector));
        let links: Vec<_> = links.collect();
        let mut last = None;
        for link in links {
            // A retry of a mail has a link of its own.
            let page = self.browser.open(connector, &link, person).await?;
            match (page.status, self.given[0]) {
                (200, Given::No | Given::Sent) => last = Some((link, page)),
                (410, Given::Sent | Given::Answered) => {}
                (409, _) => self.advance(AFTER_CLAIMS, connector).await?,
                (status, Given::Answered) => {
                    let what = format!("the address was given, and a link answers {status}: {}", page.text);
                    self.breaks(Promise::CallerAnswerIsTrue, what);
                }
                (status, _) => {
                    let what = format!("a link that was mailed answers {status}: {}", page.text);
                    self.breaks(Promise::PersonIsAskedOnce, what);
                }
            }
        }
        let Some((link, page)) = last else { return Ok(()) };
        let csrf = page.field("csrf").unwrap_or_default();
        let form = [
            ("csrf", csrf.as_str()),
            ("street_line1", STREETS[0]),
            ("city", "Springfield"),
            ("region", "IL"),
            ("postal_code", "62701"),
            ("country_code_2", "US"),
        ];
        self.given[0] = Given::Sent;
        let answer = self.browser.post(connector, &link, &form).await?;
        if answer.status != 200 {
            return Err(Stop::Broken(format!("the page took no address: {} {}", answer.status, answer.text)));
        }
        self.given[0] = Given::Answered;
        // The same form again must not be taken.
        let again = self.browser.post(connector, &link, &form).await?;
        if !matches!(again.status, 409 | 410) {
            self.breaks(Promise::CallerAnswerIsTrue, format!("an address was taken twice: {}", again.status));
        }
        Ok(())
    }

    async fn give_as_operator(&mut self, connector: &Connector) -> Result<(), Stop> {
        let path = format!("/v1/shipments/{}/address", self.id(1)?);
        let address = json!({ "street_line1": STREETS[1], "city": "Springfield", "region": "IL",
            "postal_code": "62701", "country_code_2": "US" });
        let body = json!({ "mailing_address": address });
        for _ in 0..6 {
            let before = std::mem::replace(&mut self.given[1], Given::Sent);
            if before == Given::Answered {
                self.given[1] = before;
            }
            let answer = self.call(connector, Method::PUT, &path, Some(&body)).await?;
            let is_taken = answer.body.to_string().contains("does not wait");
            match (answer.status, before) {
                (204, Given::No | Given::Sent) => self.given[1] = Given::Answered,
                (204, Given::Answered) => {
                    self.breaks(Promise::CallerAnswerIsTrue, "an address was taken twice");
                    return Ok(());
                }
                (409, Given::Sent | Given::Answered) if is_taken => return Ok(()),
                (409, _) if !is_taken => {
                    self.given[1] = before;
                    self.advance(AFTER_CLAIMS, connector).await?;
                }
                (status, _) => {
                    return Err(Stop::Broken(format!("could not give an address: {status} {}", answer.body)));
                }
            }
        }
        Err(Stop::Broken("the order that waits for an address stays busy".to_owned()))
    }

    /// Checks that each order has one parcel, to the address that was given. One that a kill kept from being sent has
    /// none, and the operator cancelled it.
    async fn check_parcels(&mut self) -> Result<(), Stop> {
        let (records, listed) = (self.records()?, self.world.listed_orders().await);
        for (number, street) in STREETS.iter().enumerate() {
            let (id, recipient) = (self.id(number)?, self.orders[number].recipient());
            let theirs: Vec<_> = listed.iter().filter(|order| order["recipient_email"] == recipient).collect();
            if let Some(wrong) = theirs.iter().find(|order| order["street_line1"] != *street) {
                self.breaks(Promise::RightPerson, format!("order {number} does not go to {street}: {wrong}"));
            }
            let phase = records.iter().find(|record| record.id == id).map_or("gone", |record| record.phase.as_str());
            let what = format!("order {number} is {phase}, with {} parcels", theirs.len());
            match (theirs.len(), phase) {
                (1, "accepted" | "fulfilled" | "registered" | "complete") => {}
                (0, "cancelled") if self.case_was_killed() => {}
                (0 | 1, _) => self.breaks(Promise::OrderNotLost, what),
                _ => self.breaks(Promise::NotOrderedTwice, what),
            }
        }
        if records.len() != 2 || listed.len() > 2 {
            let what = format!("{} records and {} parcels for two orders", records.len(), listed.len());
            self.breaks(Promise::NotOrderedTwice, what);
        }
        Ok(())
    }

    /// Checks that each mail arrived under one message id.
    async fn check_mails(&mut self) -> Result<(), Stop> {
        for (number, most) in [(0, 2), (1, 1)] {
            let asked = self.asked(number).await?;
            let after = self.mails_with(self.orders[number].person().name, "").await;
            let id = self.id(number)?;
            let ordered = after.into_iter().map(|(message, _)| message).filter(|message| message.starts_with(&id));
            let ordered: BTreeSet<_> = ordered.filter(|message| !asked.contains(message)).collect();
            if asked.is_empty() && number == 0 || asked.len() > most || ordered.len() > 1 {
                let what = format!("order {number}: asked under {asked:?}, told under {ordered:?}");
                self.breaks(Promise::PersonIsAskedOnce, what);
            }
        }
        Ok(())
    }
}
