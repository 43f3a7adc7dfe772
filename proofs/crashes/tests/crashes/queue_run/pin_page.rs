//! A PIN on the page: no release shows it twice, although the connector is killed between its steps. A link whose page
//! was not seen may be used up; the operator then releases the PIN again.

use std::time::Instant;

use reqwest::Method;

use super::acts::link;
use super::{LONGEST, QueueRun, READY};
use crate::browser::Page;
use crate::case_run::AFTER_CLAIMS;
use crate::checks::Promise;
use crate::connector::{Connector, Stop};

const PAGE: &str = "/me/pin/";

/// What the addressee saw, over all processes.
#[derive(Default)]
pub(super) struct Seen {
    /// Times that the PIN was shown.
    shown: usize,
    /// Releases by an operator.
    resent: usize,
    /// Whether the form of the newest link was sent.
    is_tried: bool,
}

impl QueueRun<'_> {
    pub(super) async fn show_pin(&mut self, connector: &Connector) -> Result<(), Stop> {
        self.queue(connector).await?;
        self.wait_until_left(connector).await?;
        self.resolve(connector).await?;
        if self.records()?.iter().all(|record| record.phase == "cancelled") {
            // Killed before the order was sent.
            if !self.world.parcels().await.is_empty() {
                self.breaks(Promise::OrderNotLost, "the order is cancelled, and has a parcel");
            }
            return self.wait_until_unsealed(connector).await;
        }
        self.move_parcel(0, READY).await;
        self.wait_for_link(connector).await?;
        self.check_old_links(connector).await?;
        let start = Instant::now();
        while self.seen.shown == 0 {
            self.try_newest_link(connector).await?;
            if start.elapsed() > LONGEST {
                return Err(Stop::Broken("the PIN is never shown".to_owned()));
            }
        }
        self.run_until(connector, 0, "complete").await?;
        self.check_old_links(connector).await?;
        self.run_once(connector).await?;
        self.check_old_links(connector).await?;
        if self.seen.shown > 1 + self.seen.resent {
            let what = format!("shown {} times, with {} releases by an operator", self.seen.shown, self.seen.resent);
            self.breaks(Promise::PinShownOnce, what);
        }
        self.wait_until_unsealed(connector).await
    }

    /// Returns the links to the page, oldest first.
    async fn links(&self, connector: &Connector) -> Vec<String> {
        let mails = self.mails_with(self.orders[0].person().manager, PAGE).await;
        mails.iter().filter_map(|(_, text)| link(text, PAGE, connector)).collect()
    }

    async fn wait_for_link(&mut self, connector: &Connector) -> Result<(), Stop> {
        let (id, start) = (self.id(0)?, Instant::now());
        loop {
            let details = self.details(connector, &id).await?;
            let is_offered = details["history"].to_string().contains("pin_offered");
            if is_offered && !self.links(connector).await.is_empty() {
                return Ok(());
            }
            if start.elapsed() > LONGEST {
                return Err(Stop::Broken(format!("no link arrives: {details}")));
            }
            self.run_once(connector).await?;
        }
    }

    async fn open(&mut self, connector: &Connector, link: &str) -> Result<Page, Stop> {
        let manager = self.orders[0].person().manager;
        let page = self.browser.open(connector, link, manager).await?;
        if page.pin().is_some() {
            self.breaks(Promise::PinShownOnce, "a page that only asks shows the PIN");
        }
        Ok(page)
    }

    async fn submit(&mut self, connector: &Connector, link: &str, csrf: &str) -> Result<Page, Stop> {
        let page = self.browser.post(connector, link, &[("csrf", csrf), ("arrived", "1")]).await?;
        if let Some(pin) = page.pin() {
            self.seen.shown += 1;
            let parcels = self.world.parcels().await;
            let serial = parcels.first().and_then(|parcel| parcel["serial_number"].as_str()).unwrap_or_default();
            if pin != self.world.pin_of(serial).await {
                self.breaks(Promise::RightPerson, "the page shows another PIN than that of the key");
            }
        }
        Ok(page)
    }

    /// Uses the newest link. If it is used up, or a newer one was not mailed, the operator releases the PIN again.
    async fn try_newest_link(&mut self, connector: &Connector) -> Result<(), Stop> {
        let Some(link) = self.links(connector).await.pop() else {
            return Err(Stop::Broken("there is no link".to_owned()));
        };
        let page = self.open(connector, &link).await?;
        match page.status {
            200 => {
                let csrf = page.field("csrf").unwrap_or_default();
                self.seen.is_tried = true;
                let shown = self.submit(connector, &link, &csrf).await?;
                match shown.status {
                    200 => {}
                    409 => self.advance(AFTER_CLAIMS, connector).await?,
                    status => return Err(Stop::Broken(format!("the PIN is not shown: {status} {}", shown.text))),
                }
            }
            409 => self.advance(AFTER_CLAIMS, connector).await?,
            404 | 410 if self.case_was_killed() => {
                if !self.seen.is_tried && self.seen.resent == 0 {
                    let what = format!("a link that nobody used answers {}: {}", page.status, page.text);
                    self.breaks(Promise::PinIsDelivered, what);
                }
                self.release_again(connector).await?;
            }
            status => return Err(Stop::Broken(format!("the page of the PIN answers {status}: {}", page.text))),
        }
        Ok(())
    }

    async fn release_again(&mut self, connector: &Connector) -> Result<(), Stop> {
        let path = format!("/v1/operations/resend-pin/{}", self.id(0)?);
        self.seen.resent += 1;
        let answer = self.call(connector, Method::POST, &path, None).await?;
        match answer.status {
            204 => Ok(()),
            409 => self.advance(AFTER_CLAIMS, connector).await,
            status => Err(Stop::Broken(format!("could not release the PIN again: {status} {}", answer.body))),
        }
    }

    /// Checks that no link shows the PIN that was seen.
    async fn check_old_links(&mut self, connector: &Connector) -> Result<(), Stop> {
        if self.seen.shown == 0 {
            return Ok(());
        }
        for link in self.links(connector).await {
            let page = self.open(connector, &link).await?;
            let Some(csrf) = page.field("csrf") else { continue };
            let shown = self.submit(connector, &link, &csrf).await?;
            if page.status == 200 || shown.pin().is_some() {
                let what = format!("a link can be used again: {}, {}", page.status, shown.status);
                self.breaks(Promise::PinShownOnce, what);
            }
        }
        Ok(())
    }
}
