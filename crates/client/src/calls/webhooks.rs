//! Events of all shipments, and webhooks that receive them.

use serde_json::json as value;

use crate::api::{Parts, json};
use crate::model::{
    CreatedWebhook, Deliveries, EventPage, NewWebhook, Replayed, RotateSecret, Secret, Tested, Webhook, WebhookChange,
    Webhooks,
};
use crate::query::{DeliveryQuery, EventQuery};
use crate::{Api, ClientError, Reply, operation};

impl Api {
    /// Returns events after a position. Waits for one if the query asks for it.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn events(&self, query: &EventQuery) -> Result<Reply<EventPage>, ClientError> {
        self.reply(operation::LIST_EVENTS, Parts { query: query.pairs(), ..Parts::default() }).await
    }

    /// Returns all webhooks.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn webhooks(&self) -> Result<Reply<Webhooks>, ClientError> {
        self.reply(operation::LIST_WEBHOOKS, Parts::default()).await
    }

    /// Returns a webhook.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn webhook(&self, id: &str) -> Result<Reply<Webhook>, ClientError> {
        self.reply(operation::GET_WEBHOOK, Parts { segments: &[id], ..Parts::default() }).await
    }

    /// Creates a webhook. The response has its secret if Keyferry created the secret.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn create_webhook(&self, body: &NewWebhook) -> Result<Reply<CreatedWebhook>, ClientError> {
        self.reply(operation::CREATE_WEBHOOK, Parts { json: json(body), ..Parts::default() }).await
    }

    /// Changes a webhook.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn change_webhook(&self, id: &str, body: &WebhookChange) -> Result<Reply<Webhook>, ClientError> {
        let parts = Parts { segments: &[id], json: json(body), ..Parts::default() };
        self.reply(operation::CHANGE_WEBHOOK, parts).await
    }

    /// Deletes a webhook with its deliveries and its secret.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn delete_webhook(&self, id: &str) -> Result<(), ClientError> {
        self.call(operation::DELETE_WEBHOOK, Parts { segments: &[id], ..Parts::default() }).await.map(drop)
    }

    /// Has Keyferry send a test message, and returns the receiver's answer.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn test_webhook(&self, id: &str) -> Result<Reply<Tested>, ClientError> {
        self.reply(operation::TEST_WEBHOOK, Parts { segments: &[id], ..Parts::default() }).await
    }

    /// Replaces the secret of a webhook. The response has the secret if Keyferry created it.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn rotate_webhook_secret(&self, id: &str, body: &RotateSecret) -> Result<Reply<Secret>, ClientError> {
        let parts = Parts { segments: &[id], json: json(body), ..Parts::default() };
        self.reply(operation::ROTATE_SECRET, parts).await
    }

    /// Returns a page of the messages to a webhook, newest first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn deliveries(&self, id: &str, query: &DeliveryQuery) -> Result<Reply<Deliveries>, ClientError> {
        let parts = Parts { segments: &[id], query: query.pairs(), ..Parts::default() };
        self.reply(operation::LIST_DELIVERIES, parts).await
    }

    /// Sends messages again.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn replay(&self, id: &str, messages: &[String]) -> Result<Reply<Replayed>, ClientError> {
        let body = Some(value!({ "messages": messages }));
        self.reply(operation::REPLAY, Parts { segments: &[id], json: body, ..Parts::default() }).await
    }

    /// Sends all dead letters again.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn replay_dead(&self, id: &str) -> Result<Reply<Replayed>, ClientError> {
        let body = Some(value!({ "dead": true }));
        self.reply(operation::REPLAY, Parts { segments: &[id], json: body, ..Parts::default() }).await
    }
}
