//! A row as data: its columns, some of which a person may have added or changed.

use serde_json::{Map, Value};

/// Columns by their names.
pub(super) type Columns = Map<String, Value>;

/// A row, and the ETag that it had.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) etag: String,
    pub(super) columns: Columns,
}

impl Row {
    /// A column of text; empty when it is missing or of another type.
    pub(super) fn text(&self, name: &str) -> &str {
        self.columns.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn key(&self) -> &str {
        self.text("RowKey")
    }
}

/// Columns out of names and texts.
pub(super) fn columns<const N: usize>(texts: [(&str, &str); N]) -> Columns {
    texts.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect()
}
