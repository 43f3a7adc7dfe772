//! Query parameters.

use serde::{Deserialize, Serialize};

/// Conditions of a listing, an export or an action. All given conditions must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Phases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phase: Vec<String>,
    /// Classes of the obstacle; `none` is one without.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub obstacle: Vec<String>,
    /// Codes of the obstacle.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<String>,
    /// Holder of the key: object id or user principal name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Serial number of a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Tracking number of the parcel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
    /// The caller's own number of the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Id of the batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// Product id of the first key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<i64>,
    /// Country of the delivery: two letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Created at or after this time or date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_from: Option<String>,
    /// Created before this time or date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_to: Option<String>,
    /// Changed at or after this time or date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_from: Option<String>,
    /// Changed before this time or date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_to: Option<String>,
    /// With a deadline at or after this time or date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_from: Option<String>,
    /// With a deadline before this time or date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_to: Option<String>,
    /// Needed by this day or a later one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed_from: Option<String>,
    /// Needed by a day before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed_to: Option<String>,
    /// Only shipments that cannot progress without an operator.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub needs_human: bool,
    /// Only queued orders that wait for the address, which the person gives.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub awaits_address: bool,
}

impl Filter {
    /// Returns whether there is no condition: every shipment matches.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let list = |values: &[String]| (!values.is_empty()).then(|| values.join(","));
        let pairs = [
            ("phase", list(&self.phase)),
            ("obstacle", list(&self.obstacle)),
            ("code", list(&self.code)),
            ("user", self.user.clone()),
            ("serial", self.serial.clone()),
            ("tracking", self.tracking.clone()),
            ("reference", self.reference.clone()),
            ("batch", self.batch.clone()),
            ("product", self.product.map(|product| product.to_string())),
            ("country", self.country.clone()),
            ("created_from", self.created_from.clone()),
            ("created_to", self.created_to.clone()),
            ("updated_from", self.updated_from.clone()),
            ("updated_to", self.updated_to.clone()),
            ("deadline_from", self.deadline_from.clone()),
            ("deadline_to", self.deadline_to.clone()),
            ("needed_from", self.needed_from.clone()),
            ("needed_to", self.needed_to.clone()),
            ("needs_human", self.needs_human.then(|| "true".to_owned())),
            ("awaits_address", self.awaits_address.then(|| "true".to_owned())),
        ];
        present(pairs)
    }
}

/// Page of a listing of shipments.
#[derive(Clone, Debug, Default)]
pub struct ShipmentQuery {
    /// Conditions.
    pub filter: Filter,
    /// Order of the listing. Default: `id`.
    pub sort: Option<String>,
    /// `next_cursor` of the previous page.
    pub cursor: Option<String>,
    /// Largest number of shipments in the page, 1 to 500.
    pub limit: Option<u32>,
}

impl ShipmentQuery {
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let page = [
            ("sort", self.sort.clone()),
            ("cursor", self.cursor.clone()),
            ("limit", self.limit.map(|limit| limit.to_string())),
        ];
        [self.filter.pairs(), present(page)].concat()
    }
}

/// Period and groups of a report.
#[derive(Clone, Debug, Default)]
pub struct ReportQuery {
    /// Ordered at or after this time or date.
    pub from: Option<String>,
    /// Ordered before this time or date.
    pub to: Option<String>,
    /// What to group by: `batch`, `product`, `country`.
    pub by: Vec<String>,
}

impl ReportQuery {
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let by = (!self.by.is_empty()).then(|| self.by.join(","));
        present([("from", self.from.clone()), ("to", self.to.clone()), ("by", by)])
    }
}

/// Page of a listing of batches.
#[derive(Clone, Debug, Default)]
pub struct BatchQuery {
    /// States.
    pub state: Vec<String>,
    /// Largest number of batches in the page.
    pub limit: Option<u32>,
    /// `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

impl BatchQuery {
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        present([
            ("state", (!self.state.is_empty()).then(|| self.state.join(","))),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("cursor", self.cursor.clone()),
        ])
    }
}

/// Events after a position.
#[derive(Clone, Debug, Default)]
pub struct EventQuery {
    /// `next` of an earlier response; `latest` for the position after the newest event. `None`: before the first event.
    pub after: Option<String>,
    /// Types of events. Empty for all.
    pub types: Vec<String>,
    /// Largest number of events, 1 to 500.
    pub limit: Option<u32>,
    /// Seconds to wait if there are no events, 0 to 30.
    pub wait: Option<u32>,
}

impl EventQuery {
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        present([
            ("after", self.after.clone()),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("wait", self.wait.map(|wait| wait.to_string())),
            ("type", (!self.types.is_empty()).then(|| self.types.join(","))),
        ])
    }
}

/// Page of a listing of deliveries.
#[derive(Clone, Debug, Default)]
pub struct DeliveryQuery {
    /// State.
    pub state: Option<String>,
    /// Largest number of deliveries in the page.
    pub limit: Option<u32>,
    /// `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

impl DeliveryQuery {
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        present([
            ("state", self.state.clone()),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("cursor", self.cursor.clone()),
        ])
    }
}

pub(crate) fn present<const N: usize>(pairs: [(&'static str, Option<String>); N]) -> Vec<(&'static str, String)> {
    pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
