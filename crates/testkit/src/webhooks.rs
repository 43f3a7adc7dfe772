//! Webhooks in memory, and receivers with scripted answers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, EventCursor, Page, StoreError, StoredWebhook, Version, WebhookMessage};
use keyferry_domain::{
    Attempt, AttemptOutcome, Delivery, DeliveryStage, MessageId, SecretBytes, Timestamp, Webhook, WebhookId,
    WebhookSender, WebhookStore,
};

/// Webhooks and their deliveries in memory.
#[derive(Default)]
pub struct MemoryWebhooks(Mutex<BTreeMap<WebhookId, Entry>>);

#[derive(Clone)]
struct Entry {
    stored: StoredWebhook,
    deliveries: BTreeMap<MessageId, Delivery>,
    pending: BTreeSet<MessageId>,
}

impl Entry {
    fn set(&mut self, delivery: &Delivery) {
        if delivery.stage == DeliveryStage::Pending {
            self.pending.insert(delivery.id);
        } else {
            self.pending.remove(&delivery.id);
        }
        self.deliveries.insert(delivery.id, delivery.clone());
    }
}

impl MemoryWebhooks {
    /// Returns a copy of everything, as a backup.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self(Mutex::new(self.0.lock().unwrap().clone()))
    }

    /// Replaces everything by a backup.
    pub fn restore(&self, backup: &Self) {
        let all = backup.0.lock().unwrap().clone();
        *self.0.lock().unwrap() = all;
    }

    fn entry<T>(&self, id: WebhookId, work: impl FnOnce(&mut Entry) -> T) -> Result<T, StoreError> {
        let missing = || StoreError::Conflict(format!("the webhook {id}"));
        self.0.lock().unwrap().get_mut(&id).map(work).ok_or_else(missing)
    }
}

#[async_trait]
impl WebhookStore for MemoryWebhooks {
    async fn insert_webhook(&self, webhook: &Webhook, cursor: &EventCursor) -> Result<Version, StoreError> {
        let mut all = self.0.lock().unwrap();
        if all.contains_key(&webhook.id) {
            return Err(StoreError::Exists(format!("the webhook {}", webhook.id)));
        }
        let version = Version("1".into());
        let stored = StoredWebhook { webhook: webhook.clone(), version: version.clone(), cursor: cursor.clone() };
        all.insert(webhook.id, Entry { stored, deliveries: BTreeMap::new(), pending: BTreeSet::new() });
        Ok(version)
    }

    async fn webhooks(&self) -> Result<Vec<StoredWebhook>, StoreError> {
        Ok(self.0.lock().unwrap().values().map(|entry| entry.stored.clone()).collect())
    }

    async fn webhook(&self, id: WebhookId) -> Result<Option<StoredWebhook>, StoreError> {
        Ok(self.0.lock().unwrap().get(&id).map(|entry| entry.stored.clone()))
    }

    async fn update_webhook(&self, webhook: &Webhook, expected: &Version) -> Result<Version, StoreError> {
        self.entry(webhook.id, |entry| {
            if entry.stored.version != *expected {
                return Err(StoreError::Conflict(format!("the webhook {}", webhook.id)));
            }
            let version: u64 = expected.0.parse().unwrap();
            entry.stored.version = Version((version + 1).to_string());
            entry.stored.webhook = webhook.clone();
            Ok(entry.stored.version.clone())
        })?
    }

    async fn delete_webhook(&self, id: WebhookId) -> Result<(), StoreError> {
        self.0.lock().unwrap().remove(&id);
        Ok(())
    }

    async fn enqueue(
        &self,
        id: WebhookId,
        from: &EventCursor,
        to: &EventCursor,
        deliveries: &[Delivery],
    ) -> Result<(), StoreError> {
        self.entry(id, |entry| {
            if entry.stored.cursor != *from {
                return Err(StoreError::Conflict(format!("the webhook {id}")));
            }
            entry.stored.cursor = to.clone();
            deliveries.iter().for_each(|delivery| entry.set(delivery));
            Ok(())
        })?
    }

    async fn pending(&self, id: WebhookId, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        let pending = |entry: &mut Entry| {
            let all = entry.pending.iter().map(|id| &entry.deliveries[id]);
            all.take(limit as usize).cloned().collect()
        };
        Ok(self.entry(id, pending).unwrap_or_default())
    }

    async fn update_delivery(&self, id: WebhookId, delivery: &Delivery) -> Result<(), StoreError> {
        let _ = self.entry(id, |entry| {
            if entry.deliveries.contains_key(&delivery.id) {
                entry.set(delivery);
            }
        });
        Ok(())
    }

    async fn delivery(&self, id: WebhookId, message: MessageId) -> Result<Option<Delivery>, StoreError> {
        Ok(self.entry(id, |entry| entry.deliveries.get(&message).cloned()).unwrap_or_default())
    }

    async fn deliveries(
        &self,
        id: WebhookId,
        stage: Option<DeliveryStage>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Delivery>, StoreError> {
        let list = |entry: &mut Entry| {
            let all = entry.deliveries.values().rev();
            let wanted = all.filter(|delivery| stage.is_none_or(|stage| delivery.stage == stage));
            let rest = wanted.filter(|delivery| after.is_none_or(|after| delivery.id.to_string() < after.0));
            rest.take(limit as usize).cloned().collect::<Vec<_>>()
        };
        let items = self.entry(id, list).unwrap_or_default();
        let next = items.last().filter(|_| items.len() == limit as usize).map(|last| Cursor(last.id.to_string()));
        Ok(Page { items, next, broken: Vec::new() })
    }

    async fn sweep_deliveries(&self, id: WebhookId, before: Timestamp) -> Result<u64, StoreError> {
        let sweep = |entry: &mut Entry| {
            let count = entry.deliveries.len();
            entry
                .deliveries
                .retain(|_, delivery| delivery.stage == DeliveryStage::Pending || delivery.created_at >= before);
            (count - entry.deliveries.len()) as u64
        };
        Ok(self.entry(id, sweep).unwrap_or_default())
    }
}

/// Message that a receiver got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Id of the message.
    pub id: MessageId,
    /// URL of the receiver.
    pub url: String,
    /// Body.
    pub body: String,
    /// Secrets that signed it.
    pub secrets: Vec<String>,
}

/// Receivers of webhooks. Each answers 200 unless its script has another status.
#[derive(Default)]
pub struct Receivers {
    /// Statuses of the next attempts by URL. 0 for no response.
    pub script: Mutex<BTreeMap<String, VecDeque<u16>>>,
    /// Status of all attempts by URL, if its script is empty.
    pub always: Mutex<BTreeMap<String, u16>>,
    /// URLs whose attempts never end.
    pub hanging: Mutex<Vec<String>>,
    /// All messages, in the order of attempts.
    pub received: Mutex<Vec<Received>>,
    secrets: AtomicU64,
}

#[async_trait]
impl WebhookSender for Receivers {
    fn check_url(&self, url: &str) -> Result<(), String> {
        if url.starts_with("https://") { Ok(()) } else { Err("expected an https URL".into()) }
    }

    fn check_secret(&self, secret: &SecretBytes) -> Result<(), String> {
        if secret.expose().starts_with(b"whsec_") { Ok(()) } else { Err("expected `whsec_`".into()) }
    }

    fn new_secret(&self) -> Result<SecretBytes, String> {
        let number = self.secrets.fetch_add(1, Ordering::SeqCst);
        Ok(SecretBytes::new(format!("whsec_{number}").into_bytes()))
    }

    async fn send(&self, message: &WebhookMessage<'_>) -> Attempt {
        let secrets = message.secrets.iter().map(|secret| String::from_utf8(secret.expose().to_vec()).unwrap());
        self.received.lock().unwrap().push(Received {
            id: message.id,
            url: message.url.to_owned(),
            body: message.body.to_owned(),
            secrets: secrets.collect(),
        });
        if self.hanging.lock().unwrap().iter().any(|url| url == message.url) {
            std::future::pending::<()>().await;
        }
        let next = self.script.lock().unwrap().get_mut(message.url).and_then(VecDeque::pop_front);
        let always = self.always.lock().unwrap().get(message.url).copied();
        let status = next.or(always).unwrap_or(200);
        let problem = (!(200..300).contains(&status)).then(|| format!("the receiver returned {status}"));
        let outcome = AttemptOutcome { status: (status != 0).then_some(status), problem };
        Attempt { outcome, retry_after: None }
    }
}
