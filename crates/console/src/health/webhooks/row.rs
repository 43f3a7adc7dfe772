//! Webhooks and deliveries in responses of the API's operations.

use keyferry_listing::parse_time;
use serde_json::Value;

use crate::time::Instant;

/// A webhook. Its URL has no query, as in the API.
pub(in crate::health) struct WebhookRow {
    pub(in crate::health) id: String,
    pub(in crate::health) url: String,
    pub(in crate::health) description: String,
    pub(in crate::health) is_enabled: bool,
    /// Why it is disabled, in English.
    pub(in crate::health) disabled_reason: String,
    pub(in crate::health) failing_since: Option<Instant>,
    pub(in crate::health) event_types: Vec<String>,
    /// `None`: it is in the settings.
    pub(in crate::health) created_by: Option<String>,
}

/// A message, and what became of it.
pub(super) struct DeliveryRow {
    pub(super) id: String,
    pub(super) event_type: String,
    pub(super) shipment: Option<String>,
    /// `pending`, `delivered` or `dead`.
    pub(super) state: String,
    pub(super) created: Option<Instant>,
    pub(super) attempts: u64,
    pub(super) last: Option<Instant>,
    pub(super) next: Option<Instant>,
    pub(super) status: Option<u64>,
    /// In English.
    pub(super) reason: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn time(value: &Value) -> Option<Instant> {
    value.as_str().and_then(parse_time).map(Instant::from)
}

impl WebhookRow {
    pub(in crate::health) fn of(body: &Value) -> Self {
        Self {
            id: text(&body["id"]),
            url: text(&body["url"]),
            description: text(&body["description"]),
            is_enabled: body["state"] == "enabled",
            disabled_reason: text(&body["disabled_reason"]),
            failing_since: time(&body["failing_since"]),
            event_types: body["event_types"].as_array().into_iter().flatten().map(text).collect(),
            created_by: body["created_by"].as_str().map(str::to_owned),
        }
    }
}

impl WebhookRow {
    /// Returns the address, if the webhook is in use and its last attempt failed.
    pub(in crate::health) fn failing(&self) -> Option<String> {
        (self.is_enabled && self.failing_since.is_some()).then(|| self.url.clone())
    }
}

impl DeliveryRow {
    pub(super) fn of(body: &Value) -> Self {
        Self {
            id: text(&body["message_id"]),
            event_type: text(&body["event_type"]),
            shipment: body["shipment"].as_str().map(str::to_owned),
            state: text(&body["state"]),
            created: time(&body["created_at"]),
            attempts: body["attempts"].as_u64().unwrap_or_default(),
            last: time(&body["last_attempt"]),
            next: time(&body["next_attempt"]),
            status: body["status"].as_u64(),
            reason: text(&body["reason"]),
        }
    }

    pub(super) fn tone(&self) -> &'static str {
        match self.state.as_str() {
            "delivered" => "good",
            "dead" => "bad",
            // One that failed before is tried again.
            _ if !self.reason.is_empty() => "alert",
            _ => "quiet",
        }
    }
}
