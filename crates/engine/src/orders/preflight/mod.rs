//! Check of orders before they are placed: what would be refused, or would not end with a usable key.
//!
//! A check changes nothing, here or at other systems. Facts about the tenant and the delivery service are read once and
//! kept for some minutes ([`facts`]); users are asked about one by one ([`user`]). What could not be checked is a
//! finding of its own: a check never guesses and never keeps silent.
//!
//! Start reading at [`PreflightSession::check`].

mod asking;
mod facts;
mod parcel;
mod repeats;
mod session;
mod user;

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use keyferry_domain::ports::{Country, Inventory, OfferedProduct};
use keyferry_domain::{AddressBy, Failure, OrderDraft, Timestamp};

use self::facts::{Fact, Facts};
pub(crate) use self::session::Examined;
pub use self::session::PreflightSession;
use crate::context::Context;

/// Order to check, with the number by which the caller knows it.
#[derive(Clone, Debug)]
pub struct CheckRow {
    /// Number of the row, for messages about other rows.
    pub row: u64,
    /// The order. What is missing is filled from the directory for the check.
    pub order: OrderDraft,
    /// Whether the user may have this order beside an open one.
    pub additional: bool,
    /// Who gives the address. `None`: the settings decide.
    pub address_by: Option<AddressBy>,
    /// Day on which the person needs the key.
    pub needed_by: Option<NaiveDate>,
    /// First day on which the order may be sent.
    pub not_before: Option<NaiveDate>,
}

/// How to check.
#[derive(Clone, Copy, Debug, Default)]
pub struct PreflightOptions {
    /// Whether the caller may order for privileged users.
    pub may_be_privileged: bool,
    /// Whether messages may contain ids of the users' shipments.
    pub shows_shipments: bool,
    /// Time after which calls end, and the rest is reported as not checked. `None`: no limit.
    pub time_limit: Option<Duration>,
}

/// What can be ordered, with the time at which it was read.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The list. `None` if the delivery service does not offer it.
    pub items: Option<Arc<Vec<T>>>,
    /// Time at which it was read.
    pub read_at: Timestamp,
}

/// Checks orders, and lists what can be ordered. Cheap to clone; clones share what they read.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Preflight {
    context: Arc<Context>,
    facts: Arc<Facts>,
}

impl Preflight {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context, facts: Arc::default() }
    }

    /// Starts a check. Rows of one check are compared with each other.
    pub fn session(&self, options: PreflightOptions) -> PreflightSession {
        PreflightSession::new(self.context.clone(), self.facts.clone(), options)
    }

    /// Returns the customizations of the organisation. Empty if they are not known.
    pub fn customizations(&self) -> &[String] {
        &self.context.settings.customizations
    }

    /// Returns the products of the delivery service.
    ///
    /// # Errors
    /// The failure of the call, which may be up to half a minute old.
    pub async fn products(&self) -> Result<Listed<OfferedProduct>, Failure> {
        self.facts.products(&self.context).await.map(listed)
    }

    /// Returns the subscriptions and stocks of the organisation.
    ///
    /// # Errors
    /// The failure of the call, which may be up to half a minute old.
    pub async fn inventory(&self) -> Result<Listed<Inventory>, Failure> {
        self.facts.inventory(&self.context).await.map(listed)
    }

    /// Returns the number of keys below which an inventory is low, if the settings name one.
    pub fn low_below(&self, inventory: i64) -> Option<i64> {
        self.context.settings.stock_thresholds.get(&inventory).copied()
    }

    /// Returns the countries to which the organisation can order.
    ///
    /// # Errors
    /// The failure of the call, which may be up to half a minute old.
    pub async fn countries(&self) -> Result<Listed<Country>, Failure> {
        self.facts.countries(&self.context).await.map(listed)
    }
}

fn listed<T>(fact: Fact<Vec<T>>) -> Listed<T> {
    Listed { items: fact.value, read_at: fact.read_at }
}
