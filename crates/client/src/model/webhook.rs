//! Webhooks and their deliveries.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

use super::word::{DeliveryState, WebhookState};

/// Secret that signs messages. It has no `Debug` that reveals it, and is wiped on drop.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SigningSecret(String);

impl SigningSecret {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// Returns the secret.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

impl Drop for SigningSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// All webhooks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Webhooks {
    pub webhooks: Vec<Webhook>,
}

/// Receiver of events.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Webhook {
    pub id: String,
    pub url: String,
    pub event_types: Vec<String>,
    pub state: WebhookState,
    pub disabled_reason: Option<String>,
    pub description: Option<String>,
    pub created_at: DateTime<Utc>,
    pub created_by: Option<String>,
    pub failing_since: Option<DateTime<Utc>>,
}

/// Webhook to create.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewWebhook {
    pub url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<SigningSecret>,
}

/// New webhook, with its secret if Keyferry created it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreatedWebhook {
    pub webhook: Webhook,
    pub secret: Option<SigningSecret>,
}

/// Change of a webhook. Missing members keep their values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// New secret of a webhook.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RotateSecret {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<SigningSecret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_previous_hours: Option<u32>,
}

/// The secret, if Keyferry created it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Secret {
    pub secret: Option<SigningSecret>,
}

/// Answer to a test message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tested {
    pub message_id: String,
    pub accepted: bool,
    pub status: Option<u16>,
    pub reason: Option<String>,
}

/// Page of deliveries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deliveries {
    pub items: Vec<Delivery>,
    pub next_cursor: Option<String>,
}

/// Message to a webhook, and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    pub message_id: String,
    pub event_type: String,
    pub shipment: Option<String>,
    pub state: DeliveryState,
    pub created_at: DateTime<Utc>,
    pub attempts: u32,
    pub last_attempt: Option<DateTime<Utc>>,
    pub next_attempt: Option<DateTime<Utc>>,
    pub status: Option<u16>,
    pub reason: Option<String>,
}

/// Result of a replay.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Replayed {
    pub replayed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_has_no_secret() {
        let body: Secret = serde_json::from_str(r#"{"secret": "whsec_canary"}"#).unwrap();
        assert_eq!(format!("{body:?}"), "Secret { secret: Some(SigningSecret(…)) }");
        assert_eq!(serde_json::to_string(&body).unwrap(), r#"{"secret":"whsec_canary"}"#);
    }
}
