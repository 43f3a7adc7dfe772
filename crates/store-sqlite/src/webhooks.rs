//! Rows of webhooks and their deliveries.

use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, EventCursor, Page, StoreError, StoredWebhook, Version};
use keyferry_domain::{Delivery, DeliveryStage, MessageId, Timestamp, Webhook, WebhookId, WebhookStore};
use rusqlite::{OptionalExtension as _, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::SqliteStore;
use crate::time;

const COLUMNS: &str = "id, cursor, version, webhook";

#[async_trait]
impl WebhookStore for SqliteStore {
    async fn insert_webhook(&self, webhook: &Webhook, cursor: &EventCursor) -> Result<Version, StoreError> {
        let (id, json, cursor) = (webhook.id.to_string(), to_json(webhook)?, cursor.0.clone());
        self.write(format!("insert the webhook {id}"), move |transaction, _| {
            let inserted = transaction.execute(
                "INSERT INTO webhooks (id, cursor, version, webhook) VALUES (?1, ?2, 1, ?3) ON CONFLICT DO NOTHING",
                params![id, cursor, json],
            )?;
            if inserted == 0 {
                return Err(StoreError::Exists(format!("the webhook {id}")).into());
            }
            Ok(Version("1".into()))
        })
        .await
    }

    async fn webhooks(&self) -> Result<Vec<StoredWebhook>, StoreError> {
        self.read("list webhooks", |connection, _| {
            let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM webhooks ORDER BY id"))?;
            let rows: Vec<_> = statement.query_map([], columns).and_then(Iterator::collect)?;
            rows.into_iter().map(|row| Ok(stored(row)?)).collect()
        })
        .await
    }

    async fn webhook(&self, id: WebhookId) -> Result<Option<StoredWebhook>, StoreError> {
        self.read(format!("read the webhook {id}"), move |connection, _| {
            let query = format!("SELECT {COLUMNS} FROM webhooks WHERE id = ?1");
            let row = connection.prepare_cached(&query)?.query_row([id.to_string()], columns).optional()?;
            Ok(row.map(stored).transpose()?)
        })
        .await
    }

    async fn update_webhook(&self, webhook: &Webhook, expected: &Version) -> Result<Version, StoreError> {
        let (id, json, expected) = (webhook.id.to_string(), to_json(webhook)?, expected.0.clone());
        self.write(format!("change the webhook {id}"), move |transaction, _| {
            let version = transaction
                .query_row(
                    "UPDATE webhooks SET webhook = ?3, version = version + 1
                     WHERE id = ?1 AND CAST(version AS TEXT) = ?2 RETURNING version",
                    params![id, expected, json],
                    |row| row.get::<_, i64>(0),
                )
                .optional()?;
            let version = version.ok_or_else(|| conflict(&id))?;
            Ok(Version(version.to_string()))
        })
        .await
    }

    async fn delete_webhook(&self, id: WebhookId) -> Result<(), StoreError> {
        self.write(format!("delete the webhook {id}"), move |transaction, _| {
            let id = id.to_string();
            transaction.execute("DELETE FROM webhook_deliveries WHERE webhook = ?1", [&id])?;
            transaction.execute("DELETE FROM webhooks WHERE id = ?1", [&id])?;
            Ok(())
        })
        .await
    }

    async fn enqueue(
        &self,
        id: WebhookId,
        from: &EventCursor,
        to: &EventCursor,
        deliveries: &[Delivery],
    ) -> Result<(), StoreError> {
        let (id, from, to) = (id.to_string(), from.0.clone(), to.0.clone());
        let rows: Vec<_> = deliveries
            .iter()
            .map(|delivery| Ok((delivery.clone(), to_json(delivery)?)))
            .collect::<Result<_, StoreError>>()?;
        self.write(format!("store deliveries to the webhook {id}"), move |transaction, _| {
            let moved = transaction
                .execute("UPDATE webhooks SET cursor = ?3 WHERE id = ?1 AND cursor = ?2", params![id, from, to])?;
            if moved == 0 {
                return Err(conflict(&id).into());
            }
            let mut insert = transaction.prepare_cached(
                "INSERT INTO webhook_deliveries (webhook, id, stage, created_at, delivery) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for (delivery, json) in rows {
                let (stage, created) = (delivery.stage.as_str(), time::text(delivery.created_at));
                insert.execute(params![id, delivery.id.to_string(), stage, created, json])?;
            }
            Ok(())
        })
        .await
    }

    async fn pending(&self, id: WebhookId, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        self.read(format!("list pending deliveries to the webhook {id}"), move |connection, _| {
            let mut statement = connection.prepare_cached(
                "SELECT id, delivery FROM webhook_deliveries WHERE webhook = ?1 AND stage = 'pending'
                 ORDER BY id LIMIT ?2",
            )?;
            let rows: Vec<(String, String)> = statement
                .query_map(params![id.to_string(), limit], |row| Ok((row.get(0)?, row.get(1)?)))
                .and_then(Iterator::collect)?;
            rows.iter().map(|(id, json)| Ok(from_json(id, json)?)).collect()
        })
        .await
    }

    async fn update_delivery(&self, id: WebhookId, delivery: &Delivery) -> Result<(), StoreError> {
        let (json, delivery) = (to_json(delivery)?, delivery.clone());
        self.write(format!("record a delivery to the webhook {id}"), move |transaction, _| {
            transaction.execute(
                "UPDATE webhook_deliveries SET stage = ?3, delivery = ?4 WHERE webhook = ?1 AND id = ?2",
                params![id.to_string(), delivery.id.to_string(), delivery.stage.as_str(), json],
            )?;
            Ok(())
        })
        .await
    }

    async fn delivery(&self, id: WebhookId, message: MessageId) -> Result<Option<Delivery>, StoreError> {
        self.read(format!("read the delivery {message}"), move |connection, _| {
            let json: Option<String> = connection
                .prepare_cached("SELECT delivery FROM webhook_deliveries WHERE webhook = ?1 AND id = ?2")?
                .query_row(params![id.to_string(), message.to_string()], |row| row.get(0))
                .optional()?;
            Ok(json.map(|json| from_json(&message.to_string(), &json)).transpose()?)
        })
        .await
    }

    async fn deliveries(
        &self,
        id: WebhookId,
        stage: Option<DeliveryStage>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Delivery>, StoreError> {
        let after = after.map(|cursor| cursor.0.clone());
        self.read(format!("list deliveries to the webhook {id}"), move |connection, _| {
            let mut statement = connection.prepare_cached(
                "SELECT id, delivery FROM webhook_deliveries
                 WHERE webhook = ?1 AND (?2 IS NULL OR stage = ?2) AND (?3 IS NULL OR id < ?3)
                 ORDER BY id DESC LIMIT ?4",
            )?;
            let stage = stage.map(DeliveryStage::as_str);
            let rows: Vec<(String, String)> = statement
                .query_map(params![id.to_string(), stage, after, limit], |row| Ok((row.get(0)?, row.get(1)?)))
                .and_then(Iterator::collect)?;
            let next = rows.last().filter(|_| rows.len() == limit as usize).map(|(id, _)| Cursor(id.clone()));
            let mut page = Page { next, ..Page::default() };
            for (id, json) in &rows {
                match from_json(id, json) {
                    Ok(delivery) => page.items.push(delivery),
                    Err(error) => page.broken.push((id.clone(), error.to_string())),
                }
            }
            Ok(page)
        })
        .await
    }

    async fn sweep_deliveries(&self, id: WebhookId, before: Timestamp) -> Result<u64, StoreError> {
        self.write(format!("delete old deliveries to the webhook {id}"), move |transaction, _| {
            let deleted = transaction.execute(
                "DELETE FROM webhook_deliveries WHERE webhook = ?1 AND stage <> 'pending' AND created_at < ?2",
                params![id.to_string(), time::text(before)],
            )?;
            Ok(deleted as u64)
        })
        .await
    }
}

type Columns = (String, String, i64, String);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn stored((id, cursor, version, json): Columns) -> Result<StoredWebhook, StoreError> {
    let webhook = from_json(&format!("the webhook {id}"), &json)?;
    Ok(StoredWebhook { webhook, version: Version(version.to_string()), cursor: EventCursor(cursor) })
}

fn conflict(id: &str) -> StoreError {
    StoreError::Conflict(format!("the webhook {id}"))
}

fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Broken {
        id: "a webhook or its delivery".into(),
        reason: format!("it cannot be written as JSON: {error}"),
    })
}

/// serde's message would quote values, so only the place is reported.
fn from_json<T: DeserializeOwned>(id: &str, json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::Broken {
        id: id.to_owned(),
        reason: format!("it is not valid JSON of its kind (line {}, column {})", error.line(), error.column()),
    })
}
