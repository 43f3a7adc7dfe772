//! How the columns of a file become members of an order: what the file does not show by itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::strict;

/// What a user decides about the columns of a file. A mapping file contains the same as JSON:
///
/// ```
/// let mapping = keyferry_sheet::Mapping::from_json(
///     r#"{
///         "columns": {"Login": "user_id", "Mail": ["recipient_email", "requested_by"], "Notes": null},
///         "defaults": {"product_id": 1, "inventory_product_id": 18, "customization_id": "CUSTID", "pin_length": 8},
///         "row_key": "Personnel number",
///         "date_format": "DD.MM.YYYY"
///     }"#,
/// )?;
/// assert_eq!(mapping.row_key.as_deref(), Some("Personnel number"));
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// For each header, the member of the order, by a name that [`Member::find`](crate::Member::find) finds. Columns
    /// that are not named here are guessed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, Target>,
    /// Values of members that have no column or an empty cell. Objects may be nested as in an order.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub defaults: Map<String, Value>,
    /// Header of the column with the row key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_key: Option<String>,
    /// Character between cells. Default: detected in the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// Form of dates, for example `DD.MM.YYYY`. Default: year, month, day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_format: Option<String>,
    /// Encoding, by a name of the WHATWG Encoding Standard, for example `windows-1250` or `shift_jis`. Default:
    /// detected. A byte order mark takes precedence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
}

impl Mapping {
    /// Parses a mapping. Unlike `serde_json`, it rejects a header that is repeated.
    ///
    /// # Errors
    /// The text is not JSON, or has unknown or repeated members, or members of the wrong type.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        strict::parse(text).and_then(serde_json::from_value)
    }
}

/// What a column is for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected the name of a member, a list of names, or null")]
pub enum Target {
    /// The column is not used.
    Unused,
    /// One member.
    One(String),
    /// Several members, for example `user_id` and `recipient_email`.
    Several(Vec<String>),
}

impl Target {
    /// Returns the names of the members.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Unused => &[],
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}
