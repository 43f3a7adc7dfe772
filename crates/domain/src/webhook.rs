//! Webhooks and their deliveries.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Caller, MessageId, ShipmentId, Timestamp, WebhookId};

/// Receiver of events. Its secrets are in the secret store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Keyferry's id.
    pub id: WebhookId,
    /// URL that receives the messages. Its query may be confidential: it is not shown.
    pub url: String,
    /// Names of the types of events that it receives. Empty for all.
    pub event_types: Vec<String>,
    /// Whether it receives messages.
    pub state: WebhookState,
    /// Text of the operator who created it.
    pub description: Option<String>,
    /// Where it is defined.
    pub origin: WebhookOrigin,
    /// Creation time.
    pub created_at: Timestamp,
    /// Time of the first failed attempt since the last successful one. `None` if the last attempt was successful.
    pub failing_since: Option<Timestamp>,
}

/// Whether a webhook receives messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum WebhookState {
    /// It does.
    Enabled,
    /// It does not. Events since then are sent when it is enabled again.
    Disabled {
        /// Reason, for operators.
        reason: String,
    },
}

impl WebhookState {
    /// Returns the name for callers: `enabled` or `disabled`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled { .. } => "disabled",
        }
    }
}

/// Where a webhook is defined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookOrigin {
    /// A caller of the API created it.
    Caller(Caller),
    /// It is in the settings. Its secret, too.
    Settings,
}

/// Message to a webhook, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Id of the message. Ids sort by the order of the events.
    pub id: MessageId,
    /// Type of the event.
    pub event_type: String,
    /// Shipment of the event. `None` for a test.
    pub shipment: Option<ShipmentId>,
    /// Body of the message. Contains no PIN, address or secret.
    pub body: String,
    /// When the delivery was stored.
    pub created_at: Timestamp,
    /// Stage.
    pub stage: DeliveryStage,
    /// Number of attempts since the delivery was stored or replayed.
    pub attempts: u32,
    /// Time of the first of these attempts.
    pub first_attempt: Option<Timestamp>,
    /// Time of the last attempt.
    pub last_attempt: Option<Timestamp>,
    /// Result of the last attempt.
    pub outcome: Option<AttemptOutcome>,
    /// Time of the next attempt. Only for a pending delivery.
    pub next_attempt: Timestamp,
}

/// Stage of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStage {
    /// It is sent, or sent again.
    Pending,
    /// The receiver accepted it.
    Delivered,
    /// It was not accepted within the time. An operator can replay it.
    Dead,
}

impl DeliveryStage {
    /// All stages.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Dead];

    /// Returns the name in stores and responses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// Parses the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text)
    }
}

/// Result of an attempt. Never contains the receiver's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptOutcome {
    /// Status of the response. `None` if there was none.
    pub status: Option<u16>,
    /// Why it failed. `None` if the receiver accepted the message.
    pub problem: Option<String>,
}

/// An attempt to send a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Result.
    pub outcome: AttemptOutcome,
    /// Time that the receiver asked to wait.
    pub retry_after: Option<Duration>,
}

impl Attempt {
    /// Returns whether the receiver accepted the message.
    pub fn is_accepted(&self) -> bool {
        self.outcome.problem.is_none()
    }

    /// Returns whether the receiver does not want messages any more (status 410).
    pub fn is_gone(&self) -> bool {
        self.outcome.status == Some(410)
    }
}
