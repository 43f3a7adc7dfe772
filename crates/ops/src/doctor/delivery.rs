//! The delivery service: its published keys, and our API token.

use keyferry_domain::{FailureClass, FulfilmentId, Shipment};

use super::{Finding, Patient};

pub(super) async fn key_sets(patient: &Patient) -> Finding {
    const CHECK: &str = "published keys";
    match patient.delivery.published_keys().await {
        Ok((transport, signing)) => Finding::ok(CHECK, format!("{transport} to seal to, {signing} to verify by")),
        Err(failure) => Finding::of_failure(CHECK, &failure),
    }
}

/// A shipment of ours is looked up, or else one that does not exist: that it is not found is an answer to a good token.
pub(super) async fn api_token(patient: &Patient, open: &[Shipment]) -> Finding {
    const CHECK: &str = "API token";
    let ours = open.iter().rev().find_map(|shipment| shipment.phase().fulfilment_id().cloned());
    let asked = ours.clone().unwrap_or_else(|| FulfilmentId::new("1111111111111111111111"));
    match patient.ports.delivery_service.status(&asked).await {
        Ok(_) => Finding::ok(CHECK, format!("the delivery service shows shipment {asked}")),
        Err(failure) if ours.is_none() && failure.class() == FailureClass::UnknownShipment => {
            match patient.delivery.status_without_token(&asked).await {
                // Only where one without a token is refused is "not found" said to a token that was taken.
                Ok(401 | 403) => Finding::ok(CHECK, "the delivery service takes it"),
                Ok(status) => {
                    let found = format!(
                        "the address answers 404 with the token and {status} without: it is not the delivery service's"
                    );
                    Finding::failed(CHECK, found, "Look at YE_API_BASE_URL: it ends with the version.")
                }
                Err(failure) => Finding::of_failure(CHECK, &failure),
            }
        }
        Err(failure) if ours.is_none() && failure.class() == FailureClass::Forbidden => {
            let todo = "Order a first key, or look at the role of the token's user in the delivery service's console.";
            Finding::not_examined(
                CHECK,
                format!("it is taken, and there is no shipment yet to ask for: {failure}"),
                todo,
            )
        }
        Err(failure) => Finding::of_failure(CHECK, &failure),
    }
}
