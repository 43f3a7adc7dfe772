//! Request body.

use keyferry_engine::WebhookChange;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kit::schemas;

/// Change of a webhook. Missing members keep their values.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"enabled": false}))]
pub(crate) struct ChangeWebhook {
    /// URL of the receiver: https, or http to this machine.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub(crate) url: Option<String>,
    /// Types of events that it receives. Empty for all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<schemas::EventType>>)]
    pub(crate) event_types: Option<Vec<String>>,
    /// Text for operators. Empty to remove it.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub(crate) description: Option<String>,
    /// Whether it receives messages. One that is enabled again receives what happened meanwhile.
    #[serde(default)]
    pub(crate) enabled: Option<bool>,
}

impl From<ChangeWebhook> for WebhookChange {
    fn from(request: ChangeWebhook) -> Self {
        let ChangeWebhook { url, event_types, description, enabled } = request;
        Self { url, event_types, description, enabled }
    }
}
