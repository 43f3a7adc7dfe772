//! Turns events into deliveries.

use keyferry_domain::ports::{EventCursor, MAX_ENQUEUED, RecordedEvent, StoreError, StoredWebhook};
use keyferry_domain::{Delivery, DeliveryStage, MessageId, Webhook};

use crate::context::Context;
use crate::events::{EventType, Notice, Notices, events_up_to_damage};

/// Most deliveries of a webhook that wait. Further events stay in the list of all events, where they need no space of
/// their own.
pub(super) const BACKLOG: u32 = 500;

/// Events that are read from the store at once.
const PAGE: u32 = 500;

/// Stores deliveries for the events after the webhook's position, until there are none or enough wait. Another
/// replica that does the same at this time wins or loses each step as a whole.
pub(super) async fn fan_out(context: &Context, stored: &StoredWebhook) -> Result<(), StoreError> {
    let webhooks = &context.ports.webhooks;
    let webhook = &stored.webhook;
    let mut from = stored.cursor.clone();
    loop {
        if webhooks.pending(webhook.id, BACKLOG).await?.len() >= BACKLOG as usize {
            return Ok(());
        }
        let events = events_up_to_damage(context.ports.shipments.as_ref(), &from, PAGE).await?;
        let Some((wanted, to)) = next_step(webhook, &events) else { return Ok(()) };
        let notices = Notices(context.ports.shipments.as_ref()).of(&wanted).await?;
        let deliveries = deliveries(context, webhook, &notices).await?;
        match webhooks.enqueue(webhook.id, &from, &to, &deliveries).await {
            Ok(()) => from = to,
            // Another replica moved the position, or the webhook was deleted.
            Err(StoreError::Conflict(_)) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Returns the events of one step that the webhook receives, and the position after the step. `None` if there are no
/// events.
fn next_step(webhook: &Webhook, events: &[RecordedEvent]) -> Option<(Vec<RecordedEvent>, EventCursor)> {
    let mut wanted = Vec::new();
    let mut to = None;
    for event in events {
        if wanted.len() == MAX_ENQUEUED {
            break;
        }
        to = Some(event.cursor.clone());
        let event_type = EventType(event.event.kind).to_string();
        if webhook.event_types.is_empty() || webhook.event_types.contains(&event_type) {
            wanted.push(event.clone());
        }
    }
    to.map(|to| (wanted, to))
}

/// Returns the deliveries of the notices. Their ids sort after all earlier ones of the webhook, although the clock may
/// have been set back.
async fn deliveries(context: &Context, webhook: &Webhook, notices: &[Notice]) -> Result<Vec<Delivery>, StoreError> {
    let newest = context.ports.webhooks.deliveries(webhook.id, None, None, 1).await?;
    let newest = newest.items.first().map_or(i64::MIN, |newest| newest.id.millis());
    let now = context.now();
    let first = now.timestamp_millis().max(newest.saturating_add(1));
    let delivery = |(index, notice): (usize, &Notice)| {
        let millis = first.saturating_add(i64::try_from(index).unwrap_or_default());
        let at = chrono::DateTime::from_timestamp_millis(millis).unwrap_or(now);
        Delivery {
            id: MessageId::new(at, context.ports.entropy.as_ref()),
            event_type: notice.event_type.to_string(),
            shipment: Some(notice.data.id),
            // Cannot fail: all members are texts and numbers.
            body: serde_json::to_string(notice).unwrap_or_default(),
            created_at: now,
            stage: DeliveryStage::Pending,
            attempts: 0,
            first_attempt: None,
            last_attempt: None,
            outcome: None,
            next_attempt: now,
        }
    };
    Ok(notices.iter().enumerate().map(delivery).collect())
}
