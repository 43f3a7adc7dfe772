//! Rows of a batch.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Caller, Member, OrderDraft, OrderFinding, OrderInfo, SecretBytes, Severity, ShipmentId, Timestamp};

/// Row of a batch, without its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRow {
    /// Number of the row, as the person who wrote the file sees it. Unique in the batch.
    pub row: u32,
    /// Key of the row from the file, unique in the batch.
    pub key: Option<String>,
    /// User as named in the row. Empty if the row names none.
    pub user: String,
    /// Id that the shipment of the row has, or will have. Fixed when the row is stored, so that a row that is fed twice
    /// is one order.
    pub shipment: ShipmentId,
    /// State of the row.
    pub state: RowState,
    /// Findings about the form of the row, from reading it.
    pub read: Vec<RowFinding>,
    /// Findings of the last check, and the reason of a refusal.
    pub checked: Vec<RowFinding>,
    /// Last change of its content after the upload.
    pub changed: Option<RowChange>,
}

/// Change of the content of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowChange {
    /// Time.
    pub at: Timestamp,
    /// Caller that changed it.
    pub by: Caller,
}

impl BatchRow {
    /// Returns all findings.
    pub fn findings(&self) -> impl Iterator<Item = &RowFinding> {
        self.read.iter().chain(&self.checked)
    }

    /// Returns whether a finding has this severity.
    pub fn has(&self, severity: Severity) -> bool {
        self.findings().any(|finding| finding.severity == severity)
    }
}

/// Row to store, with its order.
#[derive(Debug)]
pub struct NewRow {
    /// The row.
    pub row: BatchRow,
    /// Its order, as [`RowOrder::encode`]. If the row contains no valid order: what it contains, as
    /// [`RowContent::encode`]. `None` if neither is known or needed any more. Contains the address.
    pub order: Option<SecretBytes>,
}

/// State of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// Will be ordered if the batch is submitted.
    Ready,
    /// Has a finding with severity `error`, and is not ordered.
    Invalid,
    /// Is a shipment now.
    Queued,
    /// Was not accepted as an order when its turn came.
    Refused,
    /// Its batch was cancelled before its turn came.
    Cancelled,
}

impl RowState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Ready, Self::Invalid, Self::Queued, Self::Refused, Self::Cancelled];

    /// Returns the name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Invalid => "invalid",
            Self::Queued => "queued",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }

    /// Parses a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Returns whether the order of the row may still be needed. If not, a store deletes it.
    pub const fn needs_order(self) -> bool {
        matches!(self, Self::Ready | Self::Invalid)
    }
}

/// Number of rows of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// By state. States without rows may be missing.
    pub states: BTreeMap<RowState, u32>,
    /// With a finding of severity `error`.
    pub errors: u32,
    /// With a finding of severity `warning`.
    pub warnings: u32,
}

impl RowCounts {
    /// Returns the number of rows in this state.
    pub fn of(&self, state: RowState) -> u32 {
        self.states.get(&state).copied().unwrap_or_default()
    }
}

/// Finding about a row. Stored, so the texts are those of the version that found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFinding {
    /// Consequence.
    pub severity: Severity,
    /// Kind of the finding.
    pub code: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<RowMember>,
    /// What was found.
    pub message: String,
    /// Next step.
    pub remedy: String,
}

/// What a finding about a row is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowMember {
    /// The user.
    User,
    /// Length of the PIN.
    PinLength,
    /// Contacts that receive the PIN.
    Contacts,
    /// Member of the order for the delivery service, as a path.
    Parcel(String),
    /// Member of the request or column of the file, by its name.
    Named(String),
}

impl From<Member> for RowMember {
    fn from(member: Member) -> Self {
        match member {
            Member::User => Self::User,
            Member::PinLength => Self::PinLength,
            Member::Contacts => Self::Contacts,
            Member::NeededBy => Self::Named("needed_by".to_owned()),
            Member::Parcel(path) => Self::Parcel(path.to_owned()),
        }
    }
}

impl From<OrderFinding> for RowFinding {
    fn from(finding: OrderFinding) -> Self {
        Self {
            severity: finding.code.severity(),
            code: finding.code.as_str().to_owned(),
            member: finding.member.map(RowMember::from),
            message: finding.message,
            remedy: finding.code.remedy().to_owned(),
        }
    }
}

/// Order of a row, in its stored form: JSON, which a store seals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowOrder {
    /// The order. What is missing is filled from the directory when the order is sent.
    pub order: OrderDraft,
    /// What the caller said about it.
    pub info: OrderInfo,
    /// Whether the user may have it beside an open one.
    pub additional: bool,
}

impl RowOrder {
    /// Encodes the order.
    ///
    /// # Errors
    /// The error of the encoder.
    pub fn encode(&self) -> Result<SecretBytes, serde_json::Error> {
        serde_json::to_vec(self).map(SecretBytes::new)
    }

    /// Decodes a stored order. `None` if it is damaged, or if a newer version of Keyferry wrote it.
    pub fn decode(stored: &SecretBytes) -> Option<Self> {
        serde_json::from_slice(stored.expose()).ok()
    }
}

/// Content of a row without a valid order, in its stored form: JSON, which a store seals. It is not the form of a
/// [`RowOrder`], so that it is never ordered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowContent {
    /// What the row contains, in the form of whoever stored it.
    pub content: String,
}

impl RowContent {
    /// Encodes the content.
    ///
    /// # Errors
    /// The error of the encoder.
    pub fn encode(&self) -> Result<SecretBytes, serde_json::Error> {
        serde_json::to_vec(self).map(SecretBytes::new)
    }

    /// Decodes stored content. `None` if it is an order, or damaged.
    pub fn decode(stored: &SecretBytes) -> Option<Self> {
        serde_json::from_slice(stored.expose()).ok()
    }
}

/// Contains an address.
impl std::fmt::Debug for RowContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowContent").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_never_an_order() {
        let order = r#"{"order": {}, "info": {}, "additional": false}"#.to_owned();
        let stored = RowContent { content: order }.encode().unwrap();
        assert_eq!(RowOrder::decode(&stored), None);
        assert!(RowContent::decode(&stored).is_some());
        assert!(RowContent::decode(&SecretBytes::new(br#"{"order": {}, "content": "x"}"#.to_vec())).is_none());
    }
}
