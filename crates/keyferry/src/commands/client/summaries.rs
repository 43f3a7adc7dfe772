//! Shipments as a table.

use keyferry_client::model::{ObstacleClass, Phase, Summary, Unreadable};
use keyferry_domain::Timestamp;

use crate::terminal::{Cell, Column, Paint, Table, note};

/// Returns the table of shipments.
pub(super) fn table(shipments: &[Summary]) -> Table {
    let mut table = Table::new([
        Column::new("ID"),
        Column::new("USER").cut(12).prefer(30),
        Column::new("PHASE"),
        Column::new("OBSTACLE").cut(10).prefer(20).unless_empty(),
        Column::new("SERIAL").optional(3),
        Column::new("REFERENCE").optional(4),
        Column::new("NEEDED BY").optional(5),
        Column::new("UPDATED").optional(2),
        Column::new("TRACKING").optional(6),
    ]);
    for shipment in shipments {
        let obstacle = shipment.obstacle.as_ref();
        table.row([
            Cell::new(&shipment.id),
            Cell::of(shipment.user_id.as_ref().or(shipment.object_id.as_ref())),
            phase(&shipment.phase),
            obstacle.map_or(Cell::new(""), |obstacle| Cell::painted(&obstacle.code, of_class(&obstacle.class))),
            Cell::of(shipment.serial_number.as_ref()),
            Cell::of(shipment.reference.as_ref()),
            Cell::of(shipment.needed_by),
            Cell::new(time(shipment.updated_at)),
            Cell::of(shipment.tracking_number.as_ref()),
        ]);
    }
    table
}

/// Reports records that cannot be read.
pub(super) fn report_unreadable(unreadable: &[Unreadable]) {
    for record in unreadable {
        note(&format!("keyferry: the record of shipment {} cannot be read: {}", record.id, record.reason));
    }
}

pub(super) fn phase(phase: &Phase) -> Cell {
    Cell::painted(phase.as_str(), of_phase(phase))
}

pub(super) fn of_phase(phase: &Phase) -> Paint {
    match phase {
        Phase::Complete => Paint::Good,
        Phase::Accepted | Phase::Fulfilled | Phase::Registered => Paint::Active,
        Phase::Queued | Phase::Submitting => Paint::Careful,
        Phase::Unconfirmed | Phase::Refused => Paint::Bad,
        Phase::Cancelled => Paint::Faint,
        Phase::Other(_) => Paint::Plain,
    }
}

pub(super) fn of_class(class: &ObstacleClass) -> Paint {
    match class {
        ObstacleClass::Retry => Paint::Careful,
        ObstacleClass::Attention | ObstacleClass::Final => Paint::Bad,
        ObstacleClass::Other(_) => Paint::Plain,
    }
}

/// Returns a time in UTC, to the minute.
pub(super) fn time(at: Timestamp) -> String {
    at.format("%Y-%m-%d %H:%MZ").to_string()
}
