//! Deletion of an order.

use keyferry_domain::ports::Deletion;
use keyferry_domain::{DeliveryId, Failure, FailureKind, Operation};
use keyferry_http::{Client, UrlExt as _};
use url::Url;

use crate::call::Caller;
use crate::failures::DELIVERY_SERVICE;

const OPERATION: Operation = Operation::CancelShipment;

/// Statuses by which the delivery service decides against the deletion, or that an unknown call receives.
///
/// inferred: the vendor's console deletes an order until it is sent to fulfilment; the REST form is not documented. An
/// unknown method receives 404, 405 or 501. A refusal because of the order's state may be any of the others.
const REFUSALS: [u16; 8] = [400, 403, 404, 405, 409, 410, 422, 501];

/// Asks the delivery service to delete the order.
///
/// # Errors
/// [`Failure`] if the delivery service did not decide.
pub(crate) async fn delete(
    caller: &Caller,
    http: &Client,
    shipments: &Url,
    shipment: &DeliveryId,
) -> Result<Deletion, Failure> {
    let url = shipments.join_segments([shipment.as_str()]).map_err(|error| {
        Failure::new(&DELIVERY_SERVICE, OPERATION, FailureKind::Found("unusable-shipment-id"), error.to_string())
    })?;
    match caller.send(OPERATION, || http.delete(&url)).await {
        Ok(_) => Ok(Deletion::Accepted),
        Err(failure) => match failure.status() {
            Some(status) if REFUSALS.contains(&status) => {
                Ok(Deletion::NotPossible { reason: format!("the delivery service refused: {}", failure.message) })
            }
            _ => Err(failure),
        },
    }
}

/// Returns the result if the settings do not allow the call.
pub(crate) fn switched_off() -> Deletion {
    Deletion::NotPossible { reason: "KEYFERRY_DELETE_CANCELLED_ORDERS is false".to_owned() }
}
