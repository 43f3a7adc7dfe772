//! Rows of webhooks and their deliveries, in a partition of their own.
//!
//! A webhook has a row with its data and one with its position, so that new deliveries do not change its version. Keys
//! of deliveries sort newest first, because listings do.

use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, EventCursor, Page, StoreError, StoredWebhook, Version};
use keyferry_domain::{Delivery, DeliveryStage, MessageId, Timestamp, Webhook, WebhookId, WebhookStore};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::columns::{Columns, Row, columns};
use super::error::Refusal;
use super::key::quoted;
use super::partition::WEBHOOKS;
use super::service::{Attempts, Query};
use super::transaction::RowWrite;
use super::write::WRITE;
use super::{TableStore, row};

const WEBHOOK: &str = "webhook";
const CURSOR: &str = "cursor";
const DELIVERY: &str = "delivery";
const STAGE: &str = "stage";
const CREATED: &str = "created_at";

#[async_trait]
impl WebhookStore for TableStore {
    async fn insert_webhook(&self, webhook: &Webhook, cursor: &EventCursor) -> Result<Version, StoreError> {
        let id = webhook.id;
        let write = self.name_a_write();
        let own = columns([(WEBHOOK, &to_json(webhook)?), (WRITE, &write)]);
        let operations = [
            RowWrite::Insert { key: webhook_key(id), columns: own },
            RowWrite::Insert { key: cursor_key(id), columns: columns([(CURSOR, &cursor.0)]) },
        ];
        self.transact_once(&operations, &write, &webhook_key(id)).await?;
        let row = self.service.row(WEBHOOKS, &webhook_key(id)).await?;
        row.map(|row| Version(row.etag)).ok_or_else(|| conflict(id))
    }

    async fn webhooks(&self) -> Result<Vec<StoredWebhook>, StoreError> {
        let filter = format!("PartitionKey eq {} and RowKey lt {}", quoted(WEBHOOKS), quoted("delivery"));
        let (cursors, _) = self.service.some_rows(&Query::new(filter, usize::MAX)).await?;
        let filter = format!("PartitionKey eq {} and RowKey ge {}", quoted(WEBHOOKS), quoted("webhook-"));
        let (rows, _) = self.service.some_rows(&Query::new(filter, usize::MAX)).await?;
        let mut all = Vec::new();
        for row in rows {
            let webhook: Webhook = from_json(&row, WEBHOOK)?;
            // One without a position is being created or deleted.
            let key = cursor_key(webhook.id);
            if let Some(cursor) = cursors.iter().find(|cursor| cursor.key() == key) {
                all.push(stored(webhook, &row, cursor));
            }
        }
        Ok(all)
    }

    async fn webhook(&self, id: WebhookId) -> Result<Option<StoredWebhook>, StoreError> {
        let Some(row) = self.service.row(WEBHOOKS, &webhook_key(id)).await? else { return Ok(None) };
        let Some(cursor) = self.service.row(WEBHOOKS, &cursor_key(id)).await? else { return Ok(None) };
        Ok(Some(stored(from_json(&row, WEBHOOK)?, &row, &cursor)))
    }

    async fn update_webhook(&self, webhook: &Webhook, expected: &Version) -> Result<Version, StoreError> {
        let columns = columns([(WEBHOOK, &to_json(webhook)?)]);
        self.merge_row(WEBHOOKS, &webhook_key(webhook.id), &expected.0, columns).await.map(Version)
    }

    async fn delete_webhook(&self, id: WebhookId) -> Result<(), StoreError> {
        // First, so that nothing is sent or stored any more.
        for key in [webhook_key(id), cursor_key(id)] {
            if let Some(row) = self.service.row(WEBHOOKS, &key).await? {
                self.delete_any(&row).await?;
            }
        }
        for row in self.service.all_keys(deliveries_of(id)).await? {
            self.delete_any(&row).await?;
        }
        Ok(())
    }

    async fn enqueue(
        &self,
        id: WebhookId,
        from: &EventCursor,
        to: &EventCursor,
        deliveries: &[Delivery],
    ) -> Result<(), StoreError> {
        let row = self.service.row(WEBHOOKS, &cursor_key(id)).await?.ok_or_else(|| conflict(id))?;
        if row.text(CURSOR) != from.0 {
            return Err(conflict(id));
        }
        let write = self.name_a_write();
        let moved = columns([(CURSOR, to.0.as_str()), (WRITE, &write)]);
        let mut operations = vec![RowWrite::Merge { key: cursor_key(id), etag: row.etag, columns: moved }];
        for delivery in deliveries {
            let columns = of_delivery(delivery)?;
            operations.push(RowWrite::Insert { key: delivery_key(id, delivery.id), columns });
        }
        self.transact_once(&operations, &write, &cursor_key(id)).await
    }

    async fn pending(&self, id: WebhookId, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        let pending = DeliveryStage::Pending.as_str();
        let filter = format!("{} and {STAGE} eq {}", deliveries_of(id), quoted(pending));
        let (rows, _) = self.service.some_rows(&Query::new(filter, usize::MAX)).await?;
        rows.iter().rev().take(limit as usize).map(|row| from_json(row, DELIVERY)).collect()
    }

    async fn update_delivery(&self, id: WebhookId, delivery: &Delivery) -> Result<(), StoreError> {
        let key = delivery_key(id, delivery.id);
        match self.merge_row(WEBHOOKS, &key, super::transaction::ANY, of_delivery(delivery)?).await {
            Ok(_) | Err(StoreError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn delivery(&self, id: WebhookId, message: MessageId) -> Result<Option<Delivery>, StoreError> {
        let row = self.service.row(WEBHOOKS, &delivery_key(id, message)).await?;
        row.map(|row| from_json(&row, DELIVERY)).transpose()
    }

    async fn deliveries(
        &self,
        id: WebhookId,
        stage: Option<DeliveryStage>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Delivery>, StoreError> {
        let mut filter = deliveries_of(id);
        if let Some(stage) = stage {
            filter.push_str(&format!(" and {STAGE} eq {}", quoted(stage.as_str())));
        }
        if let Some(after) = after {
            filter.push_str(&format!(" and RowKey gt {}", quoted(&format!("{}{}", delivery_prefix(id), after.0))));
        }
        let (rows, more) = self.service.some_rows(&Query::new(filter, limit as usize)).await?;
        let mut page = Page::default();
        let place = |row: &Row| row.key().strip_prefix(&delivery_prefix(id)).map(|place| Cursor(place.to_owned()));
        page.next = rows.last().filter(|_| more).and_then(place);
        for row in &rows {
            match from_json(row, DELIVERY) {
                Ok(delivery) => page.items.push(delivery),
                Err(error) => page.broken.push((row.key().to_owned(), error.to_string())),
            }
        }
        Ok(page)
    }

    async fn sweep_deliveries(&self, id: WebhookId, before: Timestamp) -> Result<u64, StoreError> {
        let filter = format!(
            "{} and {STAGE} ne {} and {CREATED} lt {}",
            deliveries_of(id),
            quoted(DeliveryStage::Pending.as_str()),
            quoted(&row::time_text(before))
        );
        let rows = self.service.all_keys(filter).await?;
        let mut deleted = 0;
        for row in &rows {
            deleted += u64::from(self.delete_any(row).await?);
        }
        Ok(deleted)
    }
}

impl TableStore {
    /// Executes the transaction once, even if its answer is lost: the row `witness` then has the name of this write.
    async fn transact_once(&self, operations: &[RowWrite], write: &str, witness: &str) -> Result<(), StoreError> {
        let (mut attempts, mut in_doubt) = (Attempts::default(), false);
        loop {
            match self.service.transact(WEBHOOKS, operations, &self.name_a_write()).await {
                Ok(_) => return Ok(()),
                Err(Refusal::Later { error, wait }) => {
                    in_doubt = true;
                    self.service.pause(&mut attempts, wait).await.ok_or(error)?;
                }
                Err(refusal) => {
                    let found = if in_doubt { self.service.row(WEBHOOKS, witness).await? } else { None };
                    return match found.is_some_and(|row| row.text(WRITE) == write) {
                        true => Ok(()),
                        false => Err(refusal.into_store_error(witness)),
                    };
                }
            }
        }
    }

    /// Deletes a row of this partition. Returns whether it existed as it was read.
    async fn delete_any(&self, row: &Row) -> Result<bool, StoreError> {
        match self.delete_row(WEBHOOKS, row.key(), &row.etag).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn webhook_key(id: WebhookId) -> String {
    format!("webhook-{id}")
}

fn cursor_key(id: WebhookId) -> String {
    format!("cursor-{id}")
}

fn delivery_prefix(id: WebhookId) -> String {
    format!("delivery-{id}-")
}

/// Returns the key of a delivery. Inverted ids sort newest first.
fn delivery_key(id: WebhookId, message: MessageId) -> String {
    let digits: String = message.to_string().chars().filter(char::is_ascii_hexdigit).collect();
    let number = u128::from_str_radix(&digits, 16).unwrap_or_default();
    format!("{}{:032x}", delivery_prefix(id), !number)
}

fn deliveries_of(id: WebhookId) -> String {
    let prefix = delivery_prefix(id);
    // `~` sorts after all digits.
    let (from, to) = (quoted(&prefix), quoted(&format!("{prefix}~")));
    format!("PartitionKey eq {} and RowKey ge {from} and RowKey lt {to}", quoted(WEBHOOKS))
}

fn of_delivery(delivery: &Delivery) -> Result<Columns, StoreError> {
    let created = row::time_text(delivery.created_at);
    Ok(columns([(STAGE, delivery.stage.as_str()), (CREATED, &created), (DELIVERY, &to_json(delivery)?)]))
}

fn stored(webhook: Webhook, row: &Row, cursor: &Row) -> StoredWebhook {
    let cursor = EventCursor(cursor.text(CURSOR).to_owned());
    StoredWebhook { webhook, version: Version(row.etag.clone()), cursor }
}

fn conflict(id: WebhookId) -> StoreError {
    StoreError::Conflict(format!("the webhook {id}"))
}

fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_value(value).map(|value: Value| value.to_string()).map_err(|error| StoreError::Broken {
        id: "a webhook or its delivery".into(),
        reason: format!("it cannot be written as JSON: {error}"),
    })
}

/// serde's message would quote values, so only the place is reported.
fn from_json<T: DeserializeOwned>(row: &Row, column: &str) -> Result<T, StoreError> {
    serde_json::from_str(row.text(column)).map_err(|error| StoreError::Broken {
        id: format!("row `{}`", keyferry_http::clean(row.key())),
        reason: format!("column `{column}` is invalid (line {}, column {})", error.line(), error.column()),
    })
}
