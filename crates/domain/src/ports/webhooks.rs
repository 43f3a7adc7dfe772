//! Webhooks: receivers of events, what was sent to them, and how it is sent.

use std::time::Duration;

use async_trait::async_trait;

use super::store::{Cursor, EventCursor, Page, StoreError, Version};
use crate::webhook::{Attempt, Delivery, DeliveryStage, Webhook};
use crate::{MessageId, SecretBytes, Timestamp, WebhookId};

/// Store of webhooks and their deliveries. Changes of a webhook are compare-and-swap on its version.
///
/// A webhook has its own position in the list of all events. [`WebhookStore::enqueue`] stores deliveries and moves the
/// position in one transaction, so that each event becomes exactly one delivery.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// Inserts a webhook, which begins at `cursor`. Durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is a webhook with this id.
    async fn insert_webhook(&self, webhook: &Webhook, cursor: &EventCursor) -> Result<Version, StoreError>;

    /// Returns all webhooks, by id.
    async fn webhooks(&self) -> Result<Vec<StoredWebhook>, StoreError>;

    /// Returns the webhook with this id.
    async fn webhook(&self, id: WebhookId) -> Result<Option<StoredWebhook>, StoreError>;

    /// Replaces the webhook if its version is still `expected`. Keeps its position and its deliveries.
    async fn update_webhook(&self, webhook: &Webhook, expected: &Version) -> Result<Version, StoreError>;

    /// Deletes the webhook with all of its deliveries. Succeeds if it does not exist.
    async fn delete_webhook(&self, id: WebhookId) -> Result<(), StoreError>;

    /// Stores new deliveries of a webhook, and moves its position from `from` to `to`, in one transaction. At most
    /// [`MAX_ENQUEUED`] deliveries. Does not change the version of the webhook.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the position is not `from`, or if the webhook does not exist.
    async fn enqueue(
        &self,
        id: WebhookId,
        from: &EventCursor,
        to: &EventCursor,
        deliveries: &[Delivery],
    ) -> Result<(), StoreError>;

    /// Returns up to `limit` pending deliveries of a webhook, in the order of their events.
    async fn pending(&self, id: WebhookId, limit: u32) -> Result<Vec<Delivery>, StoreError>;

    /// Replaces a delivery. Does nothing if it does not exist any more. Durable when this returns.
    async fn update_delivery(&self, id: WebhookId, delivery: &Delivery) -> Result<(), StoreError>;

    /// Returns a delivery.
    async fn delivery(&self, id: WebhookId, message: MessageId) -> Result<Option<Delivery>, StoreError>;

    /// Returns deliveries of a webhook, newest first. `stage` restricts them. A page may have fewer items than `limit`
    /// and still have a next page.
    async fn deliveries(
        &self,
        id: WebhookId,
        stage: Option<DeliveryStage>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Delivery>, StoreError>;

    /// Deletes deliveries of a webhook that are not pending, and were created before `before`. Returns their number.
    async fn sweep_deliveries(&self, id: WebhookId, before: Timestamp) -> Result<u64, StoreError>;
}

/// Most deliveries that are stored at once: what fits into one transaction of each store.
pub const MAX_ENQUEUED: usize = 90;

/// Time for one attempt to send a message.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// Webhook read from a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// Version of the webhook that was read.
    pub version: Version,
    /// Position after the last event that became a delivery or was left out.
    pub cursor: EventCursor,
}

/// Sends messages to webhooks.
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Checks a URL without calling it. The error states what was expected, what was received and what to do.
    ///
    /// # Errors
    /// The reason why the URL is not permitted.
    fn check_url(&self, url: &str) -> Result<(), String>;

    /// Checks a secret that a caller supplied: `whsec_` and base64 of 24 to 64 bytes.
    ///
    /// # Errors
    /// What was expected. Does not contain the secret.
    fn check_secret(&self, secret: &SecretBytes) -> Result<(), String>;

    /// Creates a secret from cryptographic randomness, in the same form.
    ///
    /// # Errors
    /// The system provides no randomness.
    fn new_secret(&self) -> Result<SecretBytes, String>;

    /// Signs the message with each secret and sends it once. Never follows a redirect.
    async fn send(&self, message: &WebhookMessage<'_>) -> Attempt;
}

/// Message to a webhook.
#[derive(Debug)]
pub struct WebhookMessage<'a> {
    /// Id of the message, the same in each attempt.
    pub id: MessageId,
    /// Receiver.
    pub url: &'a str,
    /// Time of the attempt, which is signed.
    pub at: Timestamp,
    /// JSON body, the same in each attempt.
    pub body: &'a str,
    /// Valid secrets, newest first.
    pub secrets: &'a [SecretBytes],
    /// Time for the whole attempt.
    pub timeout: Duration,
}
