//! Rows and their columns. An operator may have added or changed columns by hand.

use serde_json::{Map, Value};

/// Columns by name.
pub(super) type Columns = Map<String, Value>;

/// Row with the ETag that it had when it was read.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) etag: String,
    pub(super) columns: Columns,
}

impl Row {
    /// Returns a text column; empty if it is missing or of another type.
    pub(super) fn text(&self, name: &str) -> &str {
        self.columns.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn key(&self) -> &str {
        self.text("RowKey")
    }
}

/// Builds text columns from names and values.
pub(super) fn columns<const N: usize>(texts: [(&str, &str); N]) -> Columns {
    texts.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect()
}
