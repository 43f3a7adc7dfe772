//! The webhook in the settings.

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Webhook, WebhookId, WebhookOrigin, WebhookState};

use crate::context::Context;

/// Stores the webhook of the settings, or disables it if the settings have none any more. It begins with the events
/// after its first start.
pub(super) async fn apply(context: &Context) -> Result<(), StoreError> {
    let store = &context.ports.webhooks;
    let stored = store.webhook(WebhookId::SETTINGS).await?;
    let Some(url) = context.settings.webhook_url.clone() else {
        let Some(stored) = stored else { return Ok(()) };
        let state = WebhookState::Disabled { reason: "KEYFERRY_WEBHOOK_URL is not set any more".into() };
        let webhook = Webhook { state, failing_since: None, ..stored.webhook.clone() };
        return replace(context, &stored, webhook).await;
    };
    let event_types = context.settings.webhook_events.clone();
    if let Some(stored) = stored {
        // A receiver that returned 410 gets messages again when its URL changes.
        let state = match stored.webhook.url == url && stored.webhook.failing_since.is_some() {
            true => stored.webhook.state.clone(),
            false => WebhookState::Enabled,
        };
        let webhook = Webhook { url, event_types, state, ..stored.webhook.clone() };
        return replace(context, &stored, webhook).await;
    }
    let webhook = Webhook {
        id: WebhookId::SETTINGS,
        url,
        event_types,
        state: WebhookState::Enabled,
        description: None,
        origin: WebhookOrigin::Settings,
        created_at: context.now(),
        failing_since: None,
    };
    let cursor = context.ports.shipments.newest_event().await?;
    match store.insert_webhook(&webhook, &cursor).await {
        // Another replica with the same settings.
        Ok(_) | Err(StoreError::Exists(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn replace(
    context: &Context,
    stored: &keyferry_domain::ports::StoredWebhook,
    webhook: Webhook,
) -> Result<(), StoreError> {
    if webhook == stored.webhook {
        return Ok(());
    }
    match context.ports.webhooks.update_webhook(&webhook, &stored.version).await {
        Ok(_) | Err(StoreError::Conflict(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
