//! A check: its rows are compared with each other, and its findings about all rows are collected once.

use std::sync::Arc;
use std::time::Duration;

use chrono::Days;
use futures::StreamExt as _;
use futures::stream;
use keyferry_domain::{CheckCode, EmailAddress, FilledOrder, Member, Order, OrderFinding, Party, PasskeyPolicy};

use super::asking::Asking;
use super::facts::Facts;
use super::parcel::{Addresses, Offer, known};
use super::repeats::Repeats;
use super::user::{UserReport, Users};
use super::{CheckRow, PreflightOptions};
use crate::context::Context;
use crate::orders::completion::Completion;
use crate::orders::error::CreateError;
use crate::orders::filling::conceal;
use crate::orders::queue::asks_person;

/// Number of rows whose users are asked about at once.
const CONCURRENCY: usize = 8;

/// Largest number of rows between two looks at what the tenant and the delivery service offer.
const ROWS: usize = 500;

/// Check of orders. Pass it the rows in pieces, for progress of at most 500 rows each. Its memory grows only by the
/// users that it must remember.
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct PreflightSession {
    context: Arc<Context>,
    facts: Arc<Facts>,
    options: PreflightOptions,
    /// Monotonic time at which calls end.
    until: Option<Duration>,
    asking: Asking,
    addresses: Addresses,
    repeats: Repeats,
    checked: u64,
    /// Number of rows that will be ordered, and whose persons will be asked for the address.
    asked: u64,
    /// Number of rows whose passkeys were not asked about, because the time was over.
    late: u64,
}

/// Rows that were examined, and not yet compared with others.
#[derive(Default)]
pub(crate) struct Examined {
    reports: Vec<UserReport>,
    offer: Option<Offer>,
    /// Number of rows whose passkeys were not asked about, because the time was over.
    late: u64,
}

impl PreflightSession {
    pub(super) fn new(context: Arc<Context>, facts: Arc<Facts>, options: PreflightOptions) -> Self {
        let until = options.time_limit.map(|limit| context.ports.clock.monotonic() + limit);
        let (asking, addresses, repeats) = (Asking::default(), Addresses::default(), Repeats::default());
        Self { context, facts, options, until, asking, addresses, repeats, checked: 0, asked: 0, late: 0 }
    }

    /// Checks more rows. Returns the findings of each row, in the order of the rows.
    pub async fn check(&mut self, rows: &[CheckRow]) -> Vec<Vec<OrderFinding>> {
        let mut findings = Vec::with_capacity(rows.len());
        for some in rows.chunks(ROWS) {
            let mut examined = self.examine(some).await;
            self.check_passkeys(some, &mut examined).await;
            findings.extend(self.conclude(some, examined));
        }
        findings
    }

    /// Notes a row that an earlier session checked, so that later rows are compared with it. `has_error` states whether
    /// it will not be ordered.
    pub fn note(&mut self, row: &CheckRow, has_error: bool) {
        self.repeats.user(row, None, self.context.settings.one_open_order_per_user);
        if !has_error {
            self.repeats.note_taken(row.order.product.inventory_product_id);
            self.note_asked(row);
        }
        self.checked += 1;
    }

    /// Returns the number of rows checked so far.
    pub fn checked(&self) -> u64 {
        self.checked
    }

    /// Returns the findings about the whole check so far: what was not checked for any row, and what is wrong for all.
    pub fn general(&self) -> Vec<OrderFinding> {
        self.asking.general()
    }

    /// Checks what needs no other row, without the passkeys: the first part of [`Self::check`]. It may be done while
    /// the passkeys of earlier rows are checked.
    pub(crate) async fn examine(&self, rows: &[CheckRow]) -> Examined {
        if rows.is_empty() {
            return Examined::default();
        }
        let facts = async {
            let offer = Offer::read(&self.context, &self.facts, &self.asking).await;
            (Some(offer), self.policy().await)
        };
        let (offer, policy) = self.in_time(facts).await.unwrap_or_else(|| {
            let what = "destinations, products and inventories, and the passkey policy, for some orders";
            self.asking.not_offered(what, "The time was too short. Check fewer orders at once");
            (None, None)
        });
        let users = self.users(policy);
        let work: Vec<_> = rows.iter().map(|row| self.examine_row(&users, offer.as_ref(), row)).collect();
        let reports = stream::iter(work).buffered(CONCURRENCY).collect().await;
        Examined { reports, offer, late: 0 }
    }

    /// Compares the rows with earlier ones: the last part of [`Self::check`]. Returns the findings of each row.
    pub(crate) fn conclude(&mut self, rows: &[CheckRow], examined: Examined) -> Vec<Vec<OrderFinding>> {
        let Examined { mut reports, offer, late } = examined;
        self.note_late(late);
        let one_order = self.context.settings.one_open_order_per_user;
        for (row, (findings, id)) in rows.iter().zip(reports.iter_mut().map(|one| (&mut one.findings, one.id))) {
            findings.extend(self.repeats.user(row, id, one_order));
            let inventory = offer.as_ref().and_then(|offer| offer.inventory_of(&row.order.product));
            if let Some(inventory) = inventory.filter(|_| !findings.iter().any(OrderFinding::is_error)) {
                findings.extend(self.repeats.take(inventory));
            }
            if !findings.iter().any(OrderFinding::is_error) {
                self.note_asked(row);
            }
            self.checked += 1;
        }
        reports.into_iter().map(|one| one.findings).collect()
    }

    /// Returns whether the person will be asked for what the order lacks.
    fn asks_person(&self, row: &CheckRow) -> bool {
        asks_person(&self.context, &row.order, row.address_by)
    }

    fn note_asked(&mut self, row: &CheckRow) {
        if !self.asks_person(row) {
            return;
        }
        self.asked += 1;
        let message = match self.asked {
            1 => "1 person will be asked for the address".to_owned(),
            asked => format!("{asked} persons will be asked for their addresses"),
        };
        self.asking.add("addresses of persons", CheckCode::AddressByPerson, message);
    }

    fn users(&self, policy: Option<Arc<PasskeyPolicy>>) -> Users<'_> {
        Users { context: &self.context, asking: &self.asking, options: &self.options, policy }
    }

    /// Returns the findings about one row that need no other row.
    async fn examine_row(&self, users: &Users<'_>, offer: Option<&Offer>, row: &CheckRow) -> UserReport {
        let (order, filled, mut findings) = match row.order.complete() {
            Some(order) => (Some(order), Vec::new(), Vec::new()),
            // Never filled in another way than the order states.
            None if !Completion::of(&self.context.settings).permits(row.address_by) => {
                (None, Vec::new(), vec![not_permitted()])
            }
            // What the person gives is checked when it is given.
            None if self.asks_person(row) => (None, Vec::new(), Vec::new()),
            None => self.fill(users, row).await,
        };
        if let Some(order) = &order {
            findings.extend(self.context.ports.delivery_service.check(order));
            findings.extend(offer.into_iter().flat_map(|offer| offer.check_destination(order)));
        }
        findings.extend(offer.into_iter().flat_map(|offer| offer.check_product(&row.order.product)));
        let least = self.context.settings.min_pin_length;
        if row.order.pin_length.get() < least.get() {
            let message = format!("The PIN must have at least {least} characters");
            findings.push(OrderFinding::new(CheckCode::PinTooShort, Member::PinLength, message));
        }
        findings.extend(self.needed_too_soon(row));
        let is_address_wrong = findings
            .iter()
            .any(|finding| matches!(finding.member, Some(Member::Parcel(path)) if path.starts_with("mailing_address")));
        let email = order.as_ref().map(|order| &order.recipient.recipient_email);
        let recipient = email.or(row.order.recipient.recipient_email.as_ref());
        let recipient = recipient.and_then(|email| EmailAddress::parse(email).ok());
        let asked = async {
            let address = match &order {
                Some(order) if !is_address_wrong => self.addresses.check(&self.context, &self.asking, order).await,
                _ => None,
            };
            let mut report = users.check(row, recipient.as_ref()).await;
            if self.asks_person(row) {
                users.check_reachable(row, &mut report).await;
            }
            (address, report)
        };
        let (address, mut report) = self.in_time(asked).await.unwrap_or_else(|| {
            let message = "Not checked: user and address. The time for the check was over";
            (Some(OrderFinding::general(CheckCode::NotChecked, message)), UserReport::default())
        });
        findings.extend(address);
        conceal(&mut findings, &filled);
        findings.append(&mut report.findings);
        UserReport { findings, ..report }
    }

    /// Completes the order of a row from the directory. Returns the order, the members that were filled, and findings.
    async fn fill(&self, users: &Users<'_>, row: &CheckRow) -> (Option<Order>, Vec<&'static str>, Vec<OrderFinding>) {
        let finding = match self.in_time(users.fill(&row.order)).await {
            Some(Ok(FilledOrder { order, members })) => return (Some(order), members, Vec::new()),
            Some(Err(findings)) => return (None, Vec::new(), findings),
            None => "Not checked: data of the recipient from the directory. The time for the check was over",
        };
        (None, Vec::new(), vec![OrderFinding::general(CheckCode::NotChecked, finding)])
    }

    /// Compares the day on which the person needs the key with the usual time of a delivery.
    fn needed_too_soon(&self, row: &CheckRow) -> Option<OrderFinding> {
        let today = self.context.now().date_naive();
        let sent = row.not_before.map_or(today, |day| day.max(today));
        let days = self.context.settings.usual_delivery_days;
        let arrival = sent.checked_add_days(Days::new(u64::from(days)))?;
        row.needed_by.filter(|day| *day < arrival).map(|day| {
            let message = format!("The key is needed by {day}, and parcels usually take {days} days from {sent}");
            OrderFinding::new(CheckCode::NeededTooSoon, Member::NeededBy, message)
        })
    }

    /// Asks the identity provider about passkeys, after everything else: it limits these calls most, and orders need
    /// them, too. The middle part of [`Self::check`].
    pub(crate) async fn check_passkeys(&self, rows: &[CheckRow], examined: &mut Examined) {
        let users = self.users(None);
        let asked: Vec<_> = rows
            .iter()
            .zip(&mut examined.reports)
            .filter(|(_, report)| report.ask_for_passkeys)
            .map(|(row, report)| async {
                let finding = self.in_time(users.check_passkeys(&row.order.user)).await;
                let is_late = finding.is_none();
                report.findings.extend(finding.flatten());
                u64::from(is_late)
            })
            .collect();
        examined.late = stream::iter(asked).buffer_unordered(CONCURRENCY).fold(0, async |late, one| late + one).await;
    }

    fn note_late(&mut self, late: u64) {
        self.late += late;
        if self.late > 0 {
            let why = format!("The time was too short for {} users. Check fewer orders at once", self.late);
            self.asking.not_offered("passkeys of some users", &why);
        }
    }

    /// Returns the passkey policy. What concerns all users becomes a finding of the whole check.
    async fn policy(&self) -> Option<Arc<PasskeyPolicy>> {
        let policy =
            known(&self.asking, Party::IdentityProvider, "the passkey policy", self.facts.policy(&self.context).await)?;
        if !policy.enabled {
            let message = "The passkey policy disables passkeys, so no key can be registered";
            self.asking.add("passkeys", CheckCode::PasskeysDisabled, message.to_owned());
        }
        if policy.self_service == Some(false) {
            let message = "The passkey policy does not allow self-service setup, so no key can be registered";
            self.asking.add("self-service", CheckCode::SelfServiceOff, message.to_owned());
        }
        Some(policy)
    }

    /// Returns the result of the work. `None` if the time of the check is over first.
    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let Some(until) = self.until else { return Some(work.await) };
        let clock = &self.context.ports.clock;
        let left = until.checked_sub(clock.monotonic()).filter(|left| !left.is_zero())?;
        tokio::select! {
            biased;
            done = work => Some(done),
            () = clock.sleep(left) => None,
        }
    }
}

/// The order asks for the address from the person, and the settings do not permit that.
fn not_permitted() -> OrderFinding {
    OrderFinding::general(CheckCode::InvalidMember, CreateError::AddressNotByPerson.to_string())
}
