//! Steps 7 to 9: the connector processes the shipment until it is complete.

use std::time::Duration;

use keyferry_domain::Timestamp;

use super::Trouble;
use super::answers::{Details, Shipment};
use super::order::{Ordered, details, missing, same};
use super::parcel::Parcel;
use super::step::Steps;
use super::wire::{Wire, ask, expect};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

pub(super) async fn complete(
    wire: &Wire<'_>,
    steps: &mut Steps<'_>,
    ordered: &Ordered,
    parcel: &Parcel,
) -> Result<Details, Trouble> {
    let id = &ordered.shipment_id;
    let began = steps.clock().now();
    let mut pause = FIRST_PAUSE;
    let mut runs = 0;
    loop {
        if !wire.world.by_schedule {
            let url = wire.api(&["v1", "operations", "process-shipments"])?;
            let process = wire.http.post(&url).bearer(ordered.token.expose());
            expect("POST /v1/operations/process-shipments", process, 204).await?;
            runs += 1;
        }
        let shipment = patiently(wire, steps, began, async || shipment(wire, ordered).await).await?;
        if shipment.shipment_state == "complete" {
            break;
        }
        let waited = steps.since(began);
        let is_over = waited >= wire.world.patience
            || patiently(wire, steps, began, async || is_final(wire, ordered, &shipment).await).await?;
        if is_over {
            let message = shipment.error_kind.into_iter().chain(shipment.error_message).collect::<Vec<_>>();
            let message = (!message.is_empty()).then(|| message.join(": "));
            let seconds = waited.as_secs();
            return Err(Trouble::NotComplete { seconds, state: shipment.shipment_state, message });
        }
        steps.clock().sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    steps.done(match runs {
        0 => "processed by the schedule".to_owned(),
        1 => "process-shipments was called once".to_owned(),
        _ => format!("process-shipments was called {runs} times"),
    });

    let details = patiently(wire, steps, began, async || details(wire, &ordered.token, id).await).await?;
    let key = details.keys.first().ok_or(missing("the key"))?;
    let serial = key.serial_number.as_deref().ok_or(missing("the serial number"))?;
    let firmware = key.firmware_version.as_deref().ok_or(missing("the firmware"))?;
    let tracking = details.tracking.as_ref().ok_or(missing("the tracking"))?;
    let number = tracking.number.as_deref().ok_or(missing("the tracking number"))?;
    same("the serial number", &parcel.serial, serial)?;
    same("the firmware", &parcel.firmware, firmware)?;
    same("the tracking number", &parcel.tracking_number, number)?;
    let carrier = tracking.carrier.as_deref().unwrap_or("carrier unknown");
    steps.done(format!("key {serial}, firmware {firmware}, {carrier} {number}: same as at factory and carrier"));

    let seen = patiently(wire, steps, began, async || shipment(wire, ordered).await).await?;
    same("the shipment's id", id, &seen.shipment_id)?;
    same("the shipment's state", "complete", &seen.shipment_state)?;
    let by = details.completed_by.as_deref().ok_or(missing("completed_by"))?;
    same("completed_by", "processing", by)?;
    steps.done(format!("GET /v1/fpr/shipments/{id} returns {}", seen.shipment_state));
    Ok(details)
}

/// Repeats a read that receives no answer. With several replicas, the ingress may have forwarded it to one that stops.
async fn patiently<T>(
    wire: &Wire<'_>,
    steps: &Steps<'_>,
    began: Timestamp,
    read: impl AsyncFn() -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    loop {
        match read().await {
            Err(Trouble::Call(_)) if wire.world.by_schedule && steps.since(began) < wire.world.patience => {
                steps.clock().sleep(FIRST_PAUSE).await;
            }
            answer => return answer,
        }
    }
}

async fn shipment(wire: &Wire<'_>, ordered: &Ordered) -> Result<Shipment, Trouble> {
    let url = wire.api(&["v1", "fpr", "shipments", &ordered.shipment_id])?;
    ask("GET /v1/fpr/shipments/{id}", wire.http.get(&url).bearer(ordered.token.expose()), 200).await
}

/// Returns whether the shipment has an obstacle that waiting does not remove.
async fn is_final(wire: &Wire<'_>, ordered: &Ordered, shipment: &Shipment) -> Result<bool, Trouble> {
    if shipment.error_message.is_none() {
        return Ok(false);
    }
    let details = details(wire, &ordered.token, &ordered.shipment_id).await?;
    Ok(details.obstacle.is_some_and(|obstacle| obstacle.class == "final"))
}
