//! Webhooks with a planted bug.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, EventCursor, Page, StoreError, StoredWebhook, Version, WebhookMessage};
use keyferry_domain::{
    Attempt, AttemptOutcome, Clock, Delivery, DeliveryStage, MessageId, SecretBytes, Timestamp, Webhook, WebhookId,
    WebhookSender, WebhookStore,
};

use super::{Bug, Faulty};

pub(super) struct Webhooks {
    pub(super) bug: Bug,
    pub(super) inner: Arc<dyn WebhookStore>,
    pub(super) clock: Arc<dyn Clock>,
}

#[async_trait]
impl WebhookStore for Webhooks {
    async fn insert_webhook(&self, webhook: &Webhook, cursor: &EventCursor) -> Result<Version, StoreError> {
        self.inner.insert_webhook(webhook, cursor).await
    }

    async fn webhooks(&self) -> Result<Vec<StoredWebhook>, StoreError> {
        self.inner.webhooks().await
    }

    async fn webhook(&self, id: WebhookId) -> Result<Option<StoredWebhook>, StoreError> {
        self.inner.webhook(id).await
    }

    async fn update_webhook(&self, webhook: &Webhook, expected: &Version) -> Result<Version, StoreError> {
        self.inner.update_webhook(webhook, expected).await
    }

    async fn delete_webhook(&self, id: WebhookId) -> Result<(), StoreError> {
        self.inner.delete_webhook(id).await
    }

    async fn enqueue(
        &self,
        id: WebhookId,
        from: &EventCursor,
        to: &EventCursor,
        deliveries: &[Delivery],
    ) -> Result<(), StoreError> {
        if self.bug == Bug::CursorBeforeDelivery {
            self.inner.enqueue(id, from, to, &[]).await?;
            // A process that dies here has skipped the events.
            self.clock.sleep(Duration::from_secs(1)).await;
            return self.inner.enqueue(id, to, to, deliveries).await;
        }
        self.inner.enqueue(id, from, to, deliveries).await
    }

    async fn pending(&self, id: WebhookId, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        self.inner.pending(id, limit).await
    }

    async fn update_delivery(&self, id: WebhookId, delivery: &Delivery) -> Result<(), StoreError> {
        self.inner.update_delivery(id, delivery).await
    }

    async fn delivery(&self, id: WebhookId, message: MessageId) -> Result<Option<Delivery>, StoreError> {
        self.inner.delivery(id, message).await
    }

    async fn deliveries(
        &self,
        id: WebhookId,
        stage: Option<DeliveryStage>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Delivery>, StoreError> {
        self.inner.deliveries(id, stage, after, limit).await
    }

    async fn sweep_deliveries(&self, id: WebhookId, before: Timestamp) -> Result<u64, StoreError> {
        self.inner.sweep_deliveries(id, before).await
    }
}

#[async_trait]
impl WebhookSender for Faulty<dyn WebhookSender> {
    fn check_url(&self, url: &str) -> Result<(), String> {
        self.inner.check_url(url)
    }

    fn check_secret(&self, secret: &SecretBytes) -> Result<(), String> {
        self.inner.check_secret(secret)
    }

    fn new_secret(&self) -> Result<SecretBytes, String> {
        self.inner.new_secret()
    }

    async fn send(&self, message: &WebhookMessage<'_>) -> Attempt {
        let attempt = self.inner.send(message).await;
        if self.is(Bug::MessageDropped) {
            let outcome = AttemptOutcome { status: attempt.outcome.status, problem: None };
            return Attempt { outcome, retry_after: None };
        }
        attempt
    }
}
