//! One shipment with its history.

use keyferry_client::model::Details;

use super::summaries::{of_class, phase, time};
use crate::terminal::{Cell, Column, Screen, Table, fields};

/// Returns details and history of a shipment as text.
pub(super) fn text(shipment: &Details, screen: &Screen) -> String {
    let key = shipment.keys.first();
    let obstacle = shipment.obstacle.as_ref();
    let tracking = shipment.tracking.as_ref();
    let cancellation = shipment.cancellation.as_ref().map(|cancellation| {
        let confirmed = match cancellation.confirmed_at {
            Some(at) => format!("confirmed at {}", time(at)),
            None => "not confirmed: Keyferry watches it".to_owned(),
        };
        format!("{} by {}: {}; {confirmed}", time(cancellation.requested_at), cancellation.by, cancellation.reason)
    });
    let delivery_state =
        shipment.delivery_state_message.clone().or_else(|| shipment.delivery_state_id.map(|id| id.to_string()));
    let product = key.map(|key| {
        format!("{}, inventory {}, customization {}", key.product_id, key.inventory_product_id, key.customization_id)
    });
    let credentials = key.map(|key| {
        let all = key.credentials.iter();
        let all =
            all.map(|one| format!("{} (method {}, {})", one.display_name, one.method_id, time(one.registered_at)));
        all.collect::<Vec<_>>().join("; ")
    });
    let withdrawn = shipment.withdrawal.as_ref().map(|act| {
        let done = if act.complete { "done" } else { "runs finish it" };
        format!("{} since {}: {} ({done})", act.cause, time(act.requested_at), act.reason)
    });
    let text = fields(
        screen,
        [
            ("shipment", Cell::new(&shipment.id)),
            ("delivery service", Cell::of(shipment.shipment_id.as_ref())),
            ("user", Cell::of(key.and_then(|key| key.user_id.as_ref()))),
            ("phase", phase(&shipment.phase)),
            (
                "obstacle",
                obstacle.map_or(Cell::new(""), |one| {
                    let times = format!("{} attempts since {}", one.attempts, time(one.since));
                    Cell::painted(format!("{} ({}, {times})", one.code, one.class.as_str()), of_class(&one.class))
                }),
            ),
            ("", Cell::of(obstacle.map(|one| one.message.as_str()))),
            ("next attempt", Cell::of(obstacle.and_then(|one| one.next_attempt).map(time))),
            ("on hold", Cell::of(shipment.on_hold.as_ref())),
            ("cancelled", Cell::of(cancellation)),
            ("completed by", Cell::of(shipment.completed_by.as_ref())),
            ("delivery state", Cell::of(delivery_state)),
            ("product", Cell::of(product)),
            ("serial number", Cell::of(key.and_then(|key| key.serial_number.as_ref()))),
            ("firmware", Cell::of(key.and_then(|key| key.firmware_version.as_ref()))),
            ("credential", Cell::of(credentials)),
            ("tracking", Cell::of(tracking.and_then(|one| one.number.as_ref()))),
            ("carrier", Cell::of(tracking.and_then(|one| one.carrier.as_ref()))),
            ("tracking page", Cell::of(tracking.and_then(|one| one.link.as_ref()))),
            ("country", Cell::of(shipment.country.as_ref())),
            ("reference", Cell::of(shipment.reference.as_ref())),
            ("batch", Cell::of(shipment.batch.as_ref())),
            ("row", Cell::of(shipment.row.as_ref())),
            ("not before", Cell::of(shipment.not_before)),
            ("needed by", Cell::of(shipment.needed_by)),
            ("requested by", Cell::of(shipment.requester.as_ref())),
            ("application", Cell::new(&shipment.requested_by)),
            ("replaces", Cell::of(shipment.replaces.as_ref())),
            ("replaced by", Cell::of(shipment.replaced_by.as_ref())),
            ("withdrawn", Cell::of(withdrawn)),
            ("created", Cell::new(time(shipment.created_at))),
            ("deadline", Cell::of(shipment.deadline.map(time))),
        ],
    );
    let mut history = Table::new([
        Column::new("TIME"),
        Column::new("EVENT"),
        Column::new("DETAIL").wrap(24).prefer(60),
        Column::new("BY").cut(10),
    ]);
    for event in &shipment.history {
        let times = if event.times > 1 { format!(" ({} times)", event.times) } else { String::new() };
        history.row([
            Cell::new(time(event.last_at)),
            Cell::new(event.event.replace('_', " ")),
            Cell::new(format!("{}{times}", event.detail)),
            Cell::new(&event.by),
        ]);
    }
    format!("{text}\n{}", history.render(screen))
}
