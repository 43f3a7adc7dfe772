//! Response of `GET /shipments_exact`: a page of all orders.

use keyferry_domain::ports::{ListedOrder, ListedOrders};
use keyferry_domain::{DeliveryId, DeliveryState, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::object::Object;
use super::states::StateId;
use super::text::Text;
use crate::states::interpret;

/// Row of the list. Recipient and address are not read.
#[derive(Debug, Deserialize)]
struct Row {
    #[serde(default)]
    shipment_id: Text,
    #[serde(default)]
    shipment_state_id: StateId,
    #[serde(default)]
    shipment_request_date: Option<Value>,
}

/// Reads a page that starts at `offset`.
///
/// inferred: `shipments` is the name of the member, as in the form of the other lists.
///
/// # Errors
/// The reason why the page cannot be used.
pub(crate) fn listed(mut body: Value, offset: u64) -> Result<ListedOrders, String> {
    let total = body.get("total_count").and_then(Value::as_u64).ok_or("it has no `total_count`")?;
    let rows = body.get_mut("shipments").map(Value::take).ok_or("it has no `shipments`")?;
    let rows: Vec<Object<Row>> =
        serde_json::from_value(rows).map_err(|error| format!("`shipments` cannot be read ({error})"))?;
    let end = offset + rows.len() as u64;
    if rows.is_empty() && end < total {
        return Err(format!("it is empty, although it starts at {offset} of {total} orders"));
    }
    let orders = rows.into_iter().map(|Object(row)| order(row)).collect::<Result<_, _>>()?;
    Ok(ListedOrders { orders, next: (end < total).then_some(end) })
}

fn order(row: Row) -> Result<ListedOrder, String> {
    let id = row.shipment_id.into_option().ok_or("an order has no `shipment_id`")?;
    let state = DeliveryState { id: row.shipment_state_id.id(), message: None };
    let (progress, state_line) = interpret(&state);
    let at = row.shipment_request_date.as_ref().and_then(Value::as_str).and_then(time);
    Ok(ListedOrder { id: DeliveryId::new(id), state_line, progress, ordered_at: at })
}

/// inferred: times are in RFC 3339, or without an offset, which then is UTC.
fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse::<Timestamp>().or_else(|_| format!("{text}Z").replacen(' ', "T", 1).parse()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_end_at_the_total() {
        let row = json!({"shipment_id": "a", "shipment_state_id": 103, "shipment_request_date": "2026-11-29 08:00:00"});
        let page = listed(json!({"count": 1, "total_count": 3, "shipments": [row]}), 1).unwrap();
        assert_eq!(page.next, Some(2));
        assert_eq!(page.orders[0].ordered_at.unwrap().to_rfc3339(), "2026-11-29T08:00:00+00:00");
        assert!(page.orders[0].state_line.contains("103"));
        assert_eq!(listed(json!({"total_count": 3, "shipments": [row]}), 2).unwrap().next, None);
    }

    /// A list that lacks orders would hide the ones without a record.
    #[test]
    fn incomplete_and_unreadable_pages_are_failures() {
        for body in [
            json!([]),
            json!({"shipments": []}),
            json!({"total_count": 1, "shipments": []}),
            json!({"total_count": 1, "shipments": [{"shipment_state_id": 3}]}),
            json!({"total_count": 1, "items": []}),
        ] {
            assert!(listed(body.clone(), 0).is_err(), "{body}");
        }
    }
}
