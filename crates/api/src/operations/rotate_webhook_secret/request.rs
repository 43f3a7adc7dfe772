//! Request body.

use serde::Deserialize;
use utoipa::ToSchema;

/// New secret of a webhook.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"keep_previous_hours": 24}))]
pub(crate) struct RotateWebhookSecret {
    /// New secret: `whsec_` and base64 of 24 to 64 random bytes. Default: Keyferry creates one.
    #[serde(default)]
    #[schema(write_only)]
    pub(crate) secret: Option<String>,
    /// Hours in which messages also have a signature by the secret before. Default: 24.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 168)]
    pub(crate) keep_previous_hours: Option<u32>,
}
