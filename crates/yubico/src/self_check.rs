//! Self-check of the published keys and of the API token.

use async_trait::async_trait;
use keyferry_domain::ports::{CheckRequest, SelfCheck};
use keyferry_domain::{DeliveryId, DeliveryService as _, FailureClass, Finding};

use crate::Delivery;

impl Delivery {
    async fn check_published_keys(&self) -> Finding {
        const CHECK: &str = "published keys";
        match self.published_keys().await {
            Ok((transport, signing)) => {
                Finding::ok(CHECK, format!("{transport} transport keys, {signing} signing keys"))
            }
            Err(failure) => Finding::of_failure(CHECK, &failure),
        }
    }

    /// Checks the API token by requesting the known shipment, or a shipment that does not exist if none is known. The
    /// delivery service returns "not found" only for a valid token.
    async fn check_api_token(&self, ours: Option<&DeliveryId>) -> Finding {
        const CHECK: &str = "API token";
        let asked = ours.cloned().unwrap_or_else(|| DeliveryId::new("1111111111111111111111"));
        match self.status(&asked).await {
            Ok(_) => Finding::ok(CHECK, format!("the delivery service returned shipment {asked}")),
            Err(failure) if ours.is_none() && failure.class() == FailureClass::UnknownShipment => {
                match self.unauthenticated_status(&asked).await {
                    // "Not found" proves that the token is valid only if the same call without a token is refused.
                    Ok(401 | 403) => Finding::ok(CHECK, "the delivery service accepted the token"),
                    Ok(status) => {
                        let found = format!(
                            "the URL returns 404 with the token and {status} without it: it is not the delivery \
                             service's API"
                        );
                        Finding::failed(CHECK, found, "Check YE_API_BASE_URL. It must end with the API version.")
                    }
                    Err(failure) => Finding::of_failure(CHECK, &failure),
                }
            }
            Err(failure) if ours.is_none() && failure.class() == FailureClass::Forbidden => {
                let todo =
                    "Order a first key, or check the role of the token's user in the delivery service's console.";
                Finding::not_examined(
                    CHECK,
                    format!("the token was accepted, but there is no shipment yet to request: {failure}"),
                    todo,
                )
            }
            Err(failure) => Finding::of_failure(CHECK, &failure),
        }
    }
}

#[async_trait]
impl SelfCheck for Delivery {
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding> {
        vec![self.check_published_keys().await, self.check_api_token(request.known_shipment).await]
    }
}
