//! The published keys, and our API token.

use async_trait::async_trait;
use keyferry_domain::ports::{CheckRequest, SelfCheck};
use keyferry_domain::{DeliveryId, DeliveryService as _, FailureClass, Finding};

use crate::Delivery;

impl Delivery {
    async fn check_published_keys(&self) -> Finding {
        const CHECK: &str = "published keys";
        match self.published_keys().await {
            Ok((transport, signing)) => Finding::ok(CHECK, format!("{transport} to seal to, {signing} to verify by")),
            Err(failure) => Finding::of_failure(CHECK, &failure),
        }
    }

    /// A shipment of ours is looked up, or else one that does not exist: that it is not found is an answer to a good token.
    async fn check_api_token(&self, ours: Option<&DeliveryId>) -> Finding {
        const CHECK: &str = "API token";
        let asked = ours.cloned().unwrap_or_else(|| DeliveryId::new("1111111111111111111111"));
        match self.status(&asked).await {
            Ok(_) => Finding::ok(CHECK, format!("the delivery service shows shipment {asked}")),
            Err(failure) if ours.is_none() && failure.class() == FailureClass::UnknownShipment => {
                match self.status_without_token(&asked).await {
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
                let todo =
                    "Order a first key, or look at the role of the token's user in the delivery service's console.";
                Finding::not_examined(
                    CHECK,
                    format!("it is taken, and there is no shipment yet to ask for: {failure}"),
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
