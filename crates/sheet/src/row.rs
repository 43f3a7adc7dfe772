//! Rows of a file.

use serde_json::{Map, Value};

use crate::finding::{RowFinding, Severity};

/// Row of a file, as an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Number of the row as a spreadsheet shows it: the header is row 1 in most files, and empty rows count. In JSON
    /// Lines, the number of the line. Strictly increasing within a file.
    pub number: u32,
    /// Row key, from the column that the mapping names (JSON: or from the member `row_key`). Never guessed.
    pub key: Option<String>,
    /// Members of the body of `POST /v1/orders`, nested. Only its form is checked here; members with an error are left
    /// out, or contain the original text.
    pub order: Map<String, Value>,
    /// What is wrong with the row.
    pub findings: Vec<RowFinding>,
}

impl Row {
    /// Returns whether the row cannot be ordered as it is.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity() == Severity::Error)
    }
}
