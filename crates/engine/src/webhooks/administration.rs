//! What callers do with webhooks.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::ports::{ATTEMPT_TIMEOUT, Cursor, Page, SecretName, StoreError, StoredWebhook, WebhookMessage};
use keyferry_domain::{
    AttemptOutcome, Caller, Delivery, DeliveryStage, MessageId, SecretBytes, Webhook, WebhookId, WebhookOrigin,
    WebhookState, time_text,
};
use serde_json::json;
use zeroize::Zeroizing;

use super::error::WebhookError;
use super::secrets;
use crate::context::Context;
use crate::events::EventType;

/// Most webhooks.
const MOST: usize = 50;

/// How often a change is tried, because the worker also changes webhooks.
const MAX_TRIES: usize = 5;

/// Deliveries that one replay reads from the store at once.
const REPLAY_PAGE: u32 = 200;

/// Administers webhooks. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Webhooks(Arc<Context>);

/// Webhook to create.
#[derive(Debug)]
pub struct NewWebhook {
    /// URL of the receiver.
    pub url: String,
    /// Types of events. Empty for all.
    pub event_types: Vec<String>,
    /// Text for operators.
    pub description: Option<String>,
    /// Secret of the caller. `None`: Keyferry creates one.
    pub secret: Option<SecretBytes>,
}

/// Change of a webhook. `None` keeps a member.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    /// URL of the receiver.
    pub url: Option<String>,
    /// Types of events. Empty for all.
    pub event_types: Option<Vec<String>>,
    /// Text for operators.
    pub description: Option<String>,
    /// Whether it receives messages.
    pub enabled: Option<bool>,
}

/// Deliveries to replay.
#[derive(Clone, Debug)]
pub enum Replay {
    /// These, whatever became of them.
    Messages(Vec<MessageId>),
    /// All that are dead.
    Dead,
}

/// Result of a test message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// Id of the message.
    pub message: MessageId,
    /// Result.
    pub outcome: AttemptOutcome,
}

impl Webhooks {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Returns all webhooks, by id.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn list(&self) -> Result<Vec<Webhook>, WebhookError> {
        let all = self.0.ports.webhooks.webhooks().await?;
        Ok(all.into_iter().map(|stored| stored.webhook).collect())
    }

    /// Returns a webhook.
    ///
    /// # Errors
    /// [`WebhookError::Unknown`], or the error of the store.
    pub async fn get(&self, id: WebhookId) -> Result<Webhook, WebhookError> {
        Ok(self.stored(id).await?.webhook)
    }

    /// Creates a webhook, which begins with the next event. Returns it with its secret if Keyferry created the secret.
    ///
    /// # Errors
    /// The first invalid member, or the error of the store.
    pub async fn create(
        &self,
        new: NewWebhook,
        caller: Caller,
    ) -> Result<(Webhook, Option<Zeroizing<String>>), WebhookError> {
        let context = &*self.0;
        self.check(Some(&new.url), Some(&new.event_types))?;
        let (secret, shown) = self.secret(new.secret)?;
        if context.ports.webhooks.webhooks().await?.len() >= MOST {
            return Err(WebhookError::TooMany(MOST));
        }
        let webhook = Webhook {
            id: WebhookId::new(context.now(), context.ports.entropy.as_ref()),
            url: new.url,
            event_types: new.event_types,
            state: WebhookState::Enabled,
            description: new.description,
            origin: WebhookOrigin::Caller(caller.clone()),
            created_at: context.now(),
            failing_since: None,
        };
        // The secret first: a webhook without one could send nothing. Clean-up deletes a secret without a webhook.
        secrets::put(context, webhook.id, &secret).await?;
        let cursor = context.ports.shipments.newest_event().await?;
        context.ports.webhooks.insert_webhook(&webhook, &cursor).await?;
        context.commits.announce();
        tracing::info!(webhook = %webhook.id, by = %caller, "created webhook");
        Ok((webhook, shown))
    }

    /// Changes a webhook. One that is enabled again receives what happened meanwhile.
    ///
    /// # Errors
    /// The first invalid member, [`WebhookError::Unknown`], [`WebhookError::InSettings`], or the error of the store.
    pub async fn change(&self, id: WebhookId, change: WebhookChange, caller: &Caller) -> Result<Webhook, WebhookError> {
        self.check(change.url.as_deref(), change.event_types.as_deref())?;
        for _ in 0..MAX_TRIES {
            let stored = self.own(id).await?;
            let mut webhook = stored.webhook;
            let before = webhook.clone();
            if let Some(url) = &change.url {
                webhook.url.clone_from(url);
            }
            if let Some(event_types) = &change.event_types {
                webhook.event_types.clone_from(event_types);
            }
            if let Some(description) = &change.description {
                webhook.description = Some(description.clone()).filter(|text| !text.is_empty());
            }
            match change.enabled {
                Some(true) => webhook.state = WebhookState::Enabled,
                Some(false) if webhook.state == WebhookState::Enabled => {
                    webhook.state = WebhookState::Disabled { reason: format!("disabled by {caller}") };
                }
                _ => {}
            }
            if webhook == before {
                return Ok(webhook);
            }
            // The next attempt shows whether it fails.
            webhook.failing_since = None;
            match self.0.ports.webhooks.update_webhook(&webhook, &stored.version).await {
                Ok(_) => {
                    self.release(id);
                    tracing::info!(webhook = %id, by = %caller, state = webhook.state.as_str(), "changed webhook");
                    return Ok(webhook);
                }
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict(format!("the webhook {id}")).into())
    }

    /// Deletes a webhook with its deliveries and its secret.
    ///
    /// # Errors
    /// [`WebhookError::Unknown`], [`WebhookError::InSettings`] unless the settings have none any more, or the error of
    /// the store.
    pub async fn delete(&self, id: WebhookId, caller: &Caller) -> Result<(), WebhookError> {
        if id != WebhookId::SETTINGS || self.0.settings.webhook_url.is_some() {
            self.own(id).await?;
        }
        self.0.ports.webhooks.delete_webhook(id).await?;
        self.0.ports.secrets.purge(&SecretName::Webhook(id)).await?;
        tracing::info!(webhook = %id, by = %caller, "deleted webhook");
        Ok(())
    }

    /// Replaces the secret. The one before stays valid for `overlap`: each message has both signatures. Returns the
    /// secret if Keyferry created it.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub async fn rotate_secret(
        &self,
        id: WebhookId,
        secret: Option<SecretBytes>,
        overlap: Duration,
        caller: &Caller,
    ) -> Result<Option<Zeroizing<String>>, WebhookError> {
        let (secret, shown) = self.secret(secret)?;
        self.own(id).await?;
        let overlap = TimeDelta::from_std(overlap).unwrap_or(TimeDelta::days(1));
        secrets::rotate(&self.0, id, &secret, overlap).await?;
        tracing::info!(webhook = %id, by = %caller, "rotated secret of webhook");
        Ok(shown)
    }

    /// Sends a message of type `webhook.test` once, and returns the result. It is no delivery.
    ///
    /// # Errors
    /// [`WebhookError::Unknown`], or the error of the store.
    pub async fn test(&self, id: WebhookId) -> Result<TestResult, WebhookError> {
        let context = &*self.0;
        let webhook = self.get(id).await?;
        let secrets = secrets::valid(context, &webhook).await?;
        let now = context.now();
        let message = MessageId::new(now, context.ports.entropy.as_ref());
        let data = json!({ "webhook": id.to_string() });
        let body = json!({ "type": "webhook.test", "timestamp": time_text(now), "data": data }).to_string();
        let sent = WebhookMessage {
            id: message,
            url: &webhook.url,
            at: now,
            body: &body,
            secrets: &secrets,
            timeout: ATTEMPT_TIMEOUT,
        };
        let attempt = context.ports.webhook_sender.send(&sent).await;
        if attempt.is_accepted() {
            self.release(id);
        }
        Ok(TestResult { message, outcome: attempt.outcome })
    }

    /// Returns a page of deliveries, newest first.
    ///
    /// # Errors
    /// [`WebhookError::Unknown`], or the error of the store.
    pub async fn deliveries(
        &self,
        id: WebhookId,
        stage: Option<DeliveryStage>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Delivery>, WebhookError> {
        self.stored(id).await?;
        Ok(self.0.ports.webhooks.deliveries(id, stage, after, limit).await?)
    }

    /// Sends deliveries again, for up to three more days. Returns their number.
    ///
    /// # Errors
    /// [`WebhookError::Unknown`] for the webhook or a message, or the error of the store. Deliveries before the error
    /// are replayed.
    pub async fn replay(&self, id: WebhookId, replay: Replay, caller: &Caller) -> Result<u64, WebhookError> {
        let store = &self.0.ports.webhooks;
        self.stored(id).await?;
        let mut replayed = 0;
        match replay {
            Replay::Messages(messages) => {
                for message in messages {
                    let delivery = store.delivery(id, message).await?.ok_or(WebhookError::Unknown)?;
                    replayed += self.again(id, delivery).await?;
                }
            }
            Replay::Dead => {
                let mut after = None;
                loop {
                    let page = store.deliveries(id, Some(DeliveryStage::Dead), after.as_ref(), REPLAY_PAGE).await?;
                    for delivery in page.items {
                        replayed += self.again(id, delivery).await?;
                    }
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
            }
        }
        self.release(id);
        tracing::info!(webhook = %id, by = %caller, replayed, "replayed messages to webhook");
        Ok(replayed)
    }

    /// Makes a delivery pending again, with all of its attempts, or ends the pause of one that is pending.
    async fn again(&self, id: WebhookId, delivery: Delivery) -> Result<u64, StoreError> {
        let again = Delivery {
            stage: DeliveryStage::Pending,
            attempts: 0,
            first_attempt: None,
            next_attempt: self.0.now(),
            ..delivery
        };
        self.0.ports.webhooks.update_delivery(id, &again).await?;
        Ok(1)
    }

    /// Has the worker of this process look at the webhook now.
    fn release(&self, id: WebhookId) {
        self.0.released_webhooks.add(id);
        self.0.commits.announce();
    }

    async fn stored(&self, id: WebhookId) -> Result<StoredWebhook, WebhookError> {
        self.0.ports.webhooks.webhook(id).await?.ok_or(WebhookError::Unknown)
    }

    /// Returns the webhook if the API may change it.
    async fn own(&self, id: WebhookId) -> Result<StoredWebhook, WebhookError> {
        let stored = self.stored(id).await?;
        match stored.webhook.origin {
            WebhookOrigin::Settings => Err(WebhookError::InSettings),
            WebhookOrigin::Caller(_) => Ok(stored),
        }
    }

    fn check(&self, url: Option<&str>, event_types: Option<&[String]>) -> Result<(), WebhookError> {
        if let Some(url) = url {
            let refused = self.0.ports.webhook_sender.check_url(url);
            refused.map_err(|reason| WebhookError::Invalid { field: "url", reason })?;
        }
        let unknown = event_types.unwrap_or_default().iter().find(|name| EventType::parse(name).is_none());
        match unknown {
            None => Ok(()),
            Some(_) => Err(WebhookError::Invalid {
                field: "event_types",
                reason: "expected types of events, for example shipment.completed".into(),
            }),
        }
    }

    /// Returns the secret, and its text if Keyferry created it.
    fn secret(&self, given: Option<SecretBytes>) -> Result<(SecretBytes, Option<Zeroizing<String>>), WebhookError> {
        let sender = &self.0.ports.webhook_sender;
        match given {
            Some(secret) => {
                sender.check_secret(&secret).map_err(|reason| WebhookError::Invalid { field: "secret", reason })?;
                Ok((secret, None))
            }
            None => {
                let secret = sender.new_secret().map_err(WebhookError::NoSecret)?;
                let shown = secrets::text(&secret);
                Ok((secret, Some(shown)))
            }
        }
    }
}
