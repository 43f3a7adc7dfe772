//! Webhook in responses.

use keyferry_domain::{Webhook, WebhookOrigin, WebhookState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::schemas;
use crate::kit::time::rfc3339;

/// Receiver of events. Its secret is never shown again.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookBody {
    /// Id of the webhook.
    #[schema(example = "0196f0a0-0000-7000-8000-00000000000a")]
    id: String,
    /// URL of the receiver. Its query is not shown, because it may be confidential.
    #[schema(example = "https://hooks.contoso.example/keyferry")]
    url: String,
    /// Types of events that it receives. Empty for all.
    #[schema(value_type = Vec<schemas::EventType>)]
    event_types: Vec<String>,
    /// `enabled` or `disabled`.
    #[schema(value_type = schemas::WebhookState)]
    state: &'static str,
    /// Why it is disabled.
    disabled_reason: Option<String>,
    /// Text for operators.
    description: Option<String>,
    /// Caller that created it. `null` if it is in the settings.
    created_by: Option<String>,
    /// Creation time.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    created_at: String,
    /// Time of the first failed attempt since the last successful one. `null` if the last attempt was successful.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    failing_since: Option<String>,
}

impl From<Webhook> for WebhookBody {
    fn from(webhook: Webhook) -> Self {
        let url = match webhook.url.split_once('?') {
            Some((url, _)) => format!("{url}?(hidden)"),
            None => webhook.url,
        };
        let state = webhook.state.as_str();
        Self {
            id: webhook.id.to_string(),
            url,
            event_types: webhook.event_types,
            state,
            disabled_reason: match webhook.state {
                WebhookState::Enabled => None,
                WebhookState::Disabled { reason } => Some(reason),
            },
            description: webhook.description,
            created_by: match webhook.origin {
                WebhookOrigin::Caller(caller) => Some(caller.to_string()),
                WebhookOrigin::Settings => None,
            },
            created_at: rfc3339(webhook.created_at),
            failing_since: webhook.failing_since.map(rfc3339),
        }
    }
}
