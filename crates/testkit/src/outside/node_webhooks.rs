//! Webhooks and their receivers, as ports of a node.

use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, EventCursor, Page, StoreError, StoredWebhook, Version, WebhookMessage};
use keyferry_domain::{
    Attempt, AttemptOutcome, Delivery, DeliveryStage, FailureKind, MessageId, SecretBytes, Timestamp, Webhook,
    WebhookId, WebhookSender, WebhookStore,
};

use super::node::Node;
use super::node_batches::at_once;
use super::trouble::{Call, Seen};

#[async_trait]
impl WebhookStore for Node {
    async fn insert_webhook(&self, webhook: &Webhook, cursor: &EventCursor) -> Result<Version, StoreError> {
        self.call(Call::InsertWebhook, |outside| at_once(outside.webhooks.insert_webhook(webhook, cursor))).await
    }

    async fn webhooks(&self) -> Result<Vec<StoredWebhook>, StoreError> {
        self.call(Call::Webhooks, |outside| at_once(outside.webhooks.webhooks())).await
    }

    async fn webhook(&self, id: WebhookId) -> Result<Option<StoredWebhook>, StoreError> {
        self.call(Call::GetWebhook, |outside| at_once(outside.webhooks.webhook(id))).await
    }

    async fn update_webhook(&self, webhook: &Webhook, expected: &Version) -> Result<Version, StoreError> {
        self.call(Call::UpdateWebhook, |outside| at_once(outside.webhooks.update_webhook(webhook, expected))).await
    }

    async fn delete_webhook(&self, id: WebhookId) -> Result<(), StoreError> {
        self.call(Call::DeleteWebhook, |outside| at_once(outside.webhooks.delete_webhook(id))).await
    }

    async fn enqueue(
        &self,
        id: WebhookId,
        from: &EventCursor,
        to: &EventCursor,
        deliveries: &[Delivery],
    ) -> Result<(), StoreError> {
        self.call(Call::Enqueue, |outside| at_once(outside.webhooks.enqueue(id, from, to, deliveries))).await
    }

    async fn pending(&self, id: WebhookId, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        self.call(Call::Pending, |outside| at_once(outside.webhooks.pending(id, limit))).await
    }

    async fn update_delivery(&self, id: WebhookId, delivery: &Delivery) -> Result<(), StoreError> {
        self.call(Call::UpdateDelivery, |outside| at_once(outside.webhooks.update_delivery(id, delivery))).await
    }

    async fn delivery(&self, id: WebhookId, message: MessageId) -> Result<Option<Delivery>, StoreError> {
        self.call(Call::GetDelivery, |outside| at_once(outside.webhooks.delivery(id, message))).await
    }

    async fn deliveries(
        &self,
        id: WebhookId,
        stage: Option<DeliveryStage>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Delivery>, StoreError> {
        self.call(Call::Deliveries, |outside| at_once(outside.webhooks.deliveries(id, stage, after, limit))).await
    }

    async fn sweep_deliveries(&self, id: WebhookId, before: Timestamp) -> Result<u64, StoreError> {
        self.call(Call::SweepDeliveries, |outside| at_once(outside.webhooks.sweep_deliveries(id, before))).await
    }
}

/// Attempt that got no answer, because of a fault.
struct NoAnswer(String);

impl Seen for NoAnswer {
    fn refused(_: Call, kind: FailureKind) -> Self {
        Self(format!("no answer ({kind:?})"))
    }

    fn later(_: Call, status: u16, _: std::time::Duration) -> Self {
        Self(format!("the receiver returned {status}"))
    }

    fn lost(_: Call) -> Self {
        Self("the answer was lost".into())
    }

    fn marked(self, _: u64) -> Self {
        self
    }

    fn garbled(_: Call) -> Self {
        Self("the answer cannot be understood".into())
    }
}

#[async_trait]
impl WebhookSender for Node {
    fn check_url(&self, url: &str) -> Result<(), String> {
        self.outside.receivers.check_url(url)
    }

    fn check_secret(&self, secret: &SecretBytes) -> Result<(), String> {
        self.outside.receivers.check_secret(secret)
    }

    fn new_secret(&self) -> Result<SecretBytes, String> {
        self.outside.receivers.new_secret()
    }

    async fn send(&self, message: &WebhookMessage<'_>) -> Attempt {
        let sent = self.call(Call::Send, |outside| Ok::<_, NoAnswer>(at_once(outside.receivers.send(message)))).await;
        sent.unwrap_or_else(|NoAnswer(problem)| Attempt {
            outcome: AttemptOutcome { status: None, problem: Some(problem) },
            retry_after: None,
        })
    }
}
