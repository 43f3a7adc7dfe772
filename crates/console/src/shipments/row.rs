//! Row of the list.

use keyferry_domain::ports::Summary;

use super::cell::Cell;
use super::columns::Columns;
use crate::messages::Messages;

/// A shipment in the list.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) person: String,
    /// Names and cells of the columns.
    pub(super) cells: Vec<(&'static str, Cell)>,
}

impl Row {
    pub(super) fn new(summary: &Summary, columns: &Columns, m: &'static Messages) -> Self {
        let cell = |column| ((m.shipments.column)(column), Cell::new(column, summary, m));
        Self {
            id: summary.id.to_string(),
            person: summary.user.clone().unwrap_or_else(|| m.unknown_person.to_owned()),
            cells: columns.all().map(cell).collect(),
        }
    }
}
