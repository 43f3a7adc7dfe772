//! Summary of a shipment, from the plain columns of its row.

use keyferry_domain::ports::{Summary, SummaryColumns};

use super::columns::Row;
use super::row;

/// Columns of a summary and of its place in a listing. `Timestamp` must be selected to get the ETag.
pub(super) const COLUMNS: &str = "PartitionKey,RowKey,Timestamp,shipmentId,shipmentState,phase,error_message,\
     obstacle_class,obstacle_code,user_id,object_id,serial,tracking_number,requested_by,needs_human,batch,\
     product_id,reference,country,not_before,needed_by,created_at,updated_at,deadline,next_attempt,terms";

/// Reads the summary, or returns a reason that names the invalid column.
pub(super) fn read(row: &Row) -> Result<Summary, String> {
    let text = |name: &str| Some(row.text(name)).filter(|text| !text.is_empty()).map(str::to_owned);
    // An invalid time is an error. Only an empty column means that there is no time.
    let time = |name: &str| match row.text(name) {
        "" => Ok(None),
        text => row::time(text).map(Some).ok_or_else(|| format!("column `{name}` cannot be read")),
    };
    let product_id = text("product_id").map(|id| id.parse().map_err(|_| "column `product_id` cannot be read"));
    SummaryColumns {
        id: row.key().to_owned(),
        shipment_id: text("shipmentId"),
        state: row.text("shipmentState").to_owned(),
        phase: row.text("phase").to_owned(),
        error_message: text("error_message"),
        obstacle_class: text("obstacle_class"),
        obstacle_code: text("obstacle_code"),
        user_id: text("user_id"),
        object_id: text("object_id"),
        serial: text("serial"),
        tracking_number: text("tracking_number"),
        requested_by: row.text("requested_by").to_owned(),
        needs_human: row.text("needs_human") == row::NEEDS_HUMAN,
        batch: text("batch"),
        product_id: product_id.transpose()?,
        created_at: time("created_at")?,
        updated_at: time("updated_at")?,
        deadline: time("deadline")?,
        next_attempt: time("next_attempt")?,
        reference: text("reference"),
        country: text("country"),
        not_before: text("not_before"),
        needed_by: text("needed_by"),
    }
    .read()
}
