//! CSV file of shipments.

use keyferry_domain::ports::{Page, Summary};
use keyferry_domain::{PhaseName, time_text};

type Cell = fn(&Summary) -> Option<String>;

/// Columns of the file, with the names of the API's members.
const COLUMNS: [(&str, Cell); 23] = [
    ("id", |it| Some(it.id.to_string())),
    ("shipment_id", |it| it.delivery_id.as_ref().map(ToString::to_string)),
    ("shipment_state", |it| Some(if is_complete(it) { "complete" } else { "ongoing" }.to_owned())),
    ("phase", |it| Some(it.phase.shown().to_owned())),
    ("obstacle_class", |it| it.obstacle.as_ref().map(|(class, _)| class.as_str().to_owned())),
    ("obstacle_code", |it| it.obstacle.as_ref().map(|(_, code)| code.clone())),
    ("error_message", |it| it.error_message.clone()),
    ("needs_human", |it| Some(it.needs_human.to_string())),
    ("user_id", |it| it.user.clone()),
    ("object_id", |it| it.object_id.map(|id| id.to_string())),
    ("serial_number", |it| it.serial.as_ref().map(ToString::to_string)),
    ("tracking_number", |it| it.tracking.clone()),
    ("batch", |it| it.batch.map(|batch| batch.to_string())),
    ("product_id", |it| it.product.map(|id| id.to_string())),
    ("reference", |it| it.reference.clone()),
    ("country", |it| it.country.clone()),
    ("not_before", |it| it.not_before.map(|day| day.to_string())),
    ("needed_by", |it| it.needed_by.map(|day| day.to_string())),
    ("created_at", |it| Some(time_text(it.created_at))),
    ("updated_at", |it| Some(time_text(it.updated_at))),
    ("deadline", |it| it.deadline.map(time_text)),
    ("next_attempt", |it| it.next_attempt.map(time_text)),
    // Of a record that cannot be read, only this and the id are known.
    ("unreadable", |_| None),
];

fn is_complete(summary: &Summary) -> bool {
    summary.phase == PhaseName::Complete || summary.set_by_hand
}

/// Returns the part of a CSV file with the shipments of a page, in UTF-8. `is_first`: with the names of the columns. No
/// cell is calculated by spreadsheets.
pub fn csv(page: Page<Summary>, is_first: bool) -> Vec<u8> {
    let mut writer = keyferry_sheet::Writer::default();
    if is_first {
        writer.row(COLUMNS.map(|(name, _)| name));
    }
    for summary in page.items {
        writer.row(COLUMNS.map(|(_, cell)| cell(&summary).unwrap_or_default()));
    }
    for (id, reason) in page.broken {
        writer.row(COLUMNS.map(|(name, _)| match name {
            "id" => id.as_str(),
            "unreadable" => reason.as_str(),
            _ => "",
        }));
    }
    writer.take()
}
