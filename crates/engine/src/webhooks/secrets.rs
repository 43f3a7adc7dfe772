//! Secrets of a webhook: the current one, and the one before while it is still valid.

use chrono::TimeDelta;
use keyferry_domain::ports::{SecretName, StoreError};
use keyferry_domain::{SecretBytes, Timestamp, Webhook, WebhookId, WebhookOrigin};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::error::WebhookError;
use crate::context::Context;

/// Value in the secret store.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Signing {
    current: String,
    previous: Option<String>,
    /// End of the validity of `previous`.
    #[zeroize(skip)]
    until: Option<Timestamp>,
}

impl Signing {
    fn decode(bytes: &SecretBytes, id: WebhookId) -> Result<Self, StoreError> {
        serde_json::from_slice(bytes.expose()).map_err(|_| StoreError::Broken {
            id: SecretName::Webhook(id).to_string(),
            reason: "it is not the secret of a webhook. Rotate the secret".into(),
        })
    }

    fn encode(&self) -> SecretBytes {
        // Cannot fail: all members are texts and times.
        SecretBytes::new(serde_json::to_vec(self).unwrap_or_default())
    }
}

/// Secret for a caller, or from one. Text.
pub(super) fn text(secret: &SecretBytes) -> Zeroizing<String> {
    Zeroizing::new(String::from_utf8_lossy(secret.expose()).into_owned())
}

/// Stores the first secret of a webhook.
pub(super) async fn put(context: &Context, id: WebhookId, secret: &SecretBytes) -> Result<(), StoreError> {
    let value = Signing { current: text(secret).to_string(), previous: None, until: None }.encode();
    context.ports.secrets.put(&SecretName::Webhook(id), &value).await
}

/// Replaces the secret of a webhook. The one before stays valid for `overlap`.
pub(super) async fn rotate(
    context: &Context,
    id: WebhookId,
    secret: &SecretBytes,
    overlap: TimeDelta,
) -> Result<(), WebhookError> {
    let name = SecretName::Webhook(id);
    let Some(stored) = context.ports.secrets.get(&name).await? else {
        return Ok(put(context, id, secret).await?);
    };
    // A secret that cannot be read is replaced without an overlap.
    let before = Signing::decode(&stored, id).ok();
    let next = Signing {
        current: text(secret).to_string(),
        previous: before.map(|before| before.current.clone()).filter(|_| overlap > TimeDelta::zero()),
        until: Some(context.now() + overlap),
    };
    Ok(context.ports.secrets.replace(&name, &stored, &next.encode()).await?)
}

/// Returns the valid secrets of a webhook, newest first. Empty if there are none.
pub(super) async fn valid(context: &Context, webhook: &Webhook) -> Result<Vec<SecretBytes>, StoreError> {
    if webhook.origin == WebhookOrigin::Settings {
        return Ok(of_settings(context));
    }
    let Some(stored) = context.ports.secrets.get(&SecretName::Webhook(webhook.id)).await? else {
        return Ok(Vec::new());
    };
    let signing = Signing::decode(&stored, webhook.id)?;
    let bytes = |text: &String| SecretBytes::new(text.clone().into_bytes());
    let previous = signing.previous.as_ref().filter(|_| signing.until.is_some_and(|until| context.now() < until));
    Ok(std::iter::once(bytes(&signing.current)).chain(previous.map(bytes)).collect())
}

/// Returns the secrets in the settings: several, newest first, are separated by white space.
fn of_settings(context: &Context) -> Vec<SecretBytes> {
    let Some(secret) = &context.settings.webhook_secret else { return Vec::new() };
    match secret.read() {
        Ok(text) => text.split_whitespace().map(|one| SecretBytes::new(one.as_bytes().to_vec())).collect(),
        Err(error) => {
            tracing::warn!(%error, "could not read the secret of the webhook in the settings");
            Vec::new()
        }
    }
}
