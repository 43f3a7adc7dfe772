//! Sends what is due to one webhook.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use keyferry_domain::ports::{ATTEMPT_TIMEOUT, StoreError, StoredWebhook, WebhookMessage};
use keyferry_domain::{Attempt, Delivery, DeliveryStage, SecretBytes, Timestamp, Webhook, WebhookId, WebhookState};
use tokio_util::sync::CancellationToken;

use super::fan_out::{BACKLOG, fan_out};
use super::retry::{PATIENCE, hold_after, pause_after};
use super::secrets;
use crate::context::Context;

/// Messages that are sent to one receiver at the same time, of different shipments.
const CONCURRENCY: usize = 4;

/// Pause while nothing is due. Events of other replicas are noticed after it.
const IDLE: Duration = Duration::from_secs(5);

/// Result of a pass.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Passed {
    /// Pause until the next pass.
    pub(super) pause: Duration,
    /// Number of attempts in a row that failed, up to the last one.
    pub(super) failures: u32,
    /// Stored data that cannot be read, so that new events of this webhook wait until it is corrected.
    pub(super) blocked: Option<StoreError>,
}

/// Result of the attempts of a pass.
#[derive(Default)]
struct Tally {
    accepted: u32,
    failed: u32,
    gone: bool,
}

/// Turns new events into deliveries, and sends those that are due. An event that cannot be read does not keep back the
/// deliveries that are stored already. `failures` is
/// that of the pass before. While all attempts fail, one message is sent per pass.
pub(super) async fn pass(
    context: &Context,
    stored: &StoredWebhook,
    failures: u32,
    stop: &CancellationToken,
) -> Result<Passed, StoreError> {
    let webhook = &stored.webhook;
    let blocked = match fan_out(context, stored).await {
        Err(error) if error.is_of_data() => Some(error),
        other => {
            other?;
            None
        }
    };
    let now = context.now();
    let heads = heads(context.ports.webhooks.pending(webhook.id, BACKLOG).await?);
    let (mut due, later): (Vec<_>, Vec<_>) = heads.into_iter().partition(|head| head.next_attempt <= now);
    let next = later.iter().map(|head| head.next_attempt).min();
    if due.is_empty() {
        let pause = next.and_then(|next| (next - now).to_std().ok()).unwrap_or(IDLE).min(IDLE);
        return Ok(Passed { pause, failures, blocked });
    }
    if failures > 0 {
        due.sort_by_key(|head| (head.next_attempt, head.id));
        due.truncate(1);
    }
    let secrets = secrets::valid(context, webhook).await?;
    let tally = send_all(context, webhook, &secrets, due, stop).await?;
    record(context, webhook.id, &tally).await?;
    let failures = match (tally.accepted, tally.failed) {
        (_, 0) => 0,
        (0, failed) => failures.saturating_add(failed),
        // One message is refused, others are accepted: the receiver works.
        _ => 1,
    };
    let pause = if failures == 0 { Duration::ZERO } else { hold_after(failures) };
    Ok(Passed { pause, failures, blocked })
}

/// Returns the first pending delivery of each shipment: the others wait for it.
fn heads(pending: Vec<Delivery>) -> Vec<Delivery> {
    let mut seen = BTreeSet::new();
    pending.into_iter().filter(|delivery| delivery.shipment.is_none_or(|id| seen.insert(id))).collect()
}

/// Sends the deliveries, until one fails. Those that are being sent then are finished.
async fn send_all(
    context: &Context,
    webhook: &Webhook,
    secrets: &[SecretBytes],
    due: Vec<Delivery>,
    stop: &CancellationToken,
) -> Result<Tally, StoreError> {
    let failed = CancellationToken::new();
    let mut attempts = stream::iter(due)
        .take_while(|_| std::future::ready(!stop.is_cancelled() && !failed.is_cancelled()))
        .map(|delivery| send(context, webhook, secrets, delivery))
        .buffer_unordered(CONCURRENCY);
    let mut tally = Tally::default();
    while let Some(attempt) = attempts.next().await {
        let attempt = attempt?;
        if attempt.is_accepted() {
            tally.accepted += 1;
        } else {
            tally.failed += 1;
            tally.gone |= attempt.is_gone();
            failed.cancel();
        }
    }
    Ok(tally)
}

/// Sends one delivery and records the result. If the process ends in between, the message is sent again, with the same
/// id.
async fn send(
    context: &Context,
    webhook: &Webhook,
    secrets: &[SecretBytes],
    mut delivery: Delivery,
) -> Result<Attempt, StoreError> {
    let at = context.now();
    let attempt = context
        .ports
        .webhook_sender
        .send(&WebhookMessage {
            id: delivery.id,
            url: &webhook.url,
            at,
            body: &delivery.body,
            secrets,
            timeout: ATTEMPT_TIMEOUT,
        })
        .await;
    count(context, &mut delivery, &attempt, at);
    let outcome = match delivery.stage {
        DeliveryStage::Delivered => "delivered",
        DeliveryStage::Pending => "failed",
        DeliveryStage::Dead => {
            tracing::warn!(
                webhook = %webhook.id,
                message = %delivery.id,
                event_type = delivery.event_type,
                remedy = "correct the receiver, and replay the message",
                "webhook did not accept a message for three days; it is not sent again"
            );
            "dead"
        }
    };
    context.metrics.webhook_attempt(outcome);
    context.ports.webhooks.update_delivery(webhook.id, &delivery).await?;
    Ok(attempt)
}

fn count(context: &Context, delivery: &mut Delivery, attempt: &Attempt, at: Timestamp) {
    let first = *delivery.first_attempt.get_or_insert(at);
    delivery.attempts = delivery.attempts.saturating_add(1);
    delivery.last_attempt = Some(at);
    delivery.outcome = Some(attempt.outcome.clone());
    if attempt.is_accepted() {
        delivery.stage = DeliveryStage::Delivered;
    } else if at - first >= PATIENCE {
        delivery.stage = DeliveryStage::Dead;
    } else {
        let pause = pause_after(delivery.attempts, attempt.retry_after, context.ports.entropy.as_ref());
        // The last attempt is at the end of the three days, not long after.
        delivery.next_attempt = (at + pause).min((first + PATIENCE).max(at));
    }
}

/// Records on the webhook whether it fails, and disables one that does not exist any more.
async fn record(context: &Context, id: WebhookId, tally: &Tally) -> Result<(), StoreError> {
    let Some(stored) = context.ports.webhooks.webhook(id).await? else { return Ok(()) };
    let mut webhook = stored.webhook;
    let before = (webhook.failing_since, webhook.state.clone());
    if tally.accepted > 0 {
        webhook.failing_since = None;
    } else if tally.failed > 0 {
        webhook.failing_since.get_or_insert(context.now());
    }
    if tally.gone {
        webhook.state = WebhookState::Disabled { reason: "the receiver returned 410: it wants no messages".into() };
        tracing::warn!(
            webhook = %id,
            remedy = "correct its URL and enable it, or delete it",
            "disabled webhook because its receiver returned 410; its events wait"
        );
    }
    if (webhook.failing_since, webhook.state.clone()) == before {
        return Ok(());
    }
    match context.ports.webhooks.update_webhook(&webhook, &stored.version).await {
        // The next pass records it.
        Ok(_) | Err(StoreError::Conflict(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
