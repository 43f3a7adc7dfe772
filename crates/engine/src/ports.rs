//! Ports of the engine.

use std::sync::Arc;

use keyferry_domain::{
    BatchStore, Clock, DeliveryService, Entropy, IdempotencyStore, Journal, LeaseStore, PinDelivery, Sealer,
    SecretStore, ShipmentStore, WebhookSender, WebhookStore,
};

use crate::providers::Providers;

/// Implementations of the ports that the engine uses.
#[expect(missing_docs, reason = "documented at each trait")]
#[derive(Clone)]
pub struct Ports {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub providers: Providers,
    pub delivery_service: Arc<dyn DeliveryService>,
    pub sealer: Arc<dyn Sealer>,
    pub pin_delivery: Arc<dyn PinDelivery>,
    pub shipments: Arc<dyn ShipmentStore>,
    pub secrets: Arc<dyn SecretStore>,
    pub idempotency: Arc<dyn IdempotencyStore>,
    pub leases: Arc<dyn LeaseStore>,
    pub batches: Arc<dyn BatchStore>,
    pub journal: Arc<dyn Journal>,
    pub webhooks: Arc<dyn WebhookStore>,
    pub webhook_sender: Arc<dyn WebhookSender>,
}
