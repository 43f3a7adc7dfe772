//! Request body.

use keyferry_domain::SecretBytes;
use keyferry_engine::NewWebhook;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kit::problem::Problem;
use crate::kit::schemas;
use crate::kit::webhooks::checked_description;

/// Webhook to create.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"url": "https://hooks.contoso.example/keyferry",
    "event_types": ["shipment.registered", "shipment.completed"], "description": "ServiceNow"}))]
pub(crate) struct CreateWebhook {
    /// URL of the receiver: https, or http to this machine.
    #[schema(max_length = 2000, example = "https://hooks.contoso.example/keyferry")]
    url: String,
    /// Types of events that it receives. Default: all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<schemas::EventType>>)]
    event_types: Option<Vec<String>>,
    /// Text for operators.
    #[serde(default)]
    #[schema(max_length = 200)]
    description: Option<String>,
    /// Secret that signs the messages: `whsec_` and base64 of 24 to 64 random bytes. Default: Keyferry creates one.
    #[serde(default)]
    #[schema(write_only)]
    secret: Option<String>,
}

impl CreateWebhook {
    /// Validates the request.
    ///
    /// # Errors
    /// 400 with the invalid member.
    pub(crate) fn into_new(self) -> Result<NewWebhook, Problem> {
        Ok(NewWebhook {
            url: self.url,
            event_types: self.event_types.unwrap_or_default(),
            description: self.description.map(checked_description).transpose()?.filter(|text| !text.is_empty()),
            secret: self.secret.map(|secret| SecretBytes::new(secret.into_bytes())),
        })
    }
}
