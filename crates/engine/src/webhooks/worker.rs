//! Worker: sends messages to webhooks, one replica at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use keyferry_domain::ports::{StoreError, StoredWebhook};
use keyferry_domain::{WebhookId, WebhookState, time_text};
use tokio_util::sync::CancellationToken;

use super::configured;
use super::pass::{Passed, pass};
use crate::context::Context;
use crate::lease::{Duty, Holder, Lease, RENEWAL};

/// Shortest time between the begins of two passes for the same webhook, so that many commits are one pass.
const SHORTEST: Duration = Duration::from_millis(500);

/// Pause after the store failed.
const AFTER_OUTAGE: Duration = Duration::from_secs(10);

/// Longest pause between two looks at the webhooks: another replica may have created one.
const LOOK: Duration = Duration::from_secs(15);

/// Time after which a webhook that only fails is reported.
const REPORTED_AFTER: TimeDelta = TimeDelta::minutes(15);

/// Sends messages to webhooks. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Worker(Arc<Context>);

/// What the worker remembers about a webhook.
#[derive(Default)]
struct Memory {
    /// Whether a pass runs.
    is_busy: bool,
    /// Begin of the last pass, on the monotonic clock.
    begun: Duration,
    /// When the next pass is due, on the monotonic clock.
    due: Duration,
    failures: u32,
    /// Stored data that cannot be read. It keeps back the events of this webhook.
    blocked: Option<StoreError>,
}

impl Worker {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Sends messages until `stop` is cancelled, while this replica holds the lease. Messages that are being sent then
    /// are finished first.
    pub async fn run(&self, stop: &CancellationToken) {
        let context = &*self.0;
        let lease = Lease::new(context, Duty::Webhooks);
        let (mut commits, mut configured) = (context.commits.subscribe(), false);
        let (mut known, mut passes) = (BTreeMap::<WebhookId, Memory>::new(), FuturesUnordered::new());
        let (mut held, mut renewed) = (false, None::<Duration>);
        let mut reported = Reported::default();
        while !stop.is_cancelled() {
            let now = context.ports.clock.monotonic();
            if renewed.is_none_or(|at| now.saturating_sub(at) >= RENEWAL) {
                held = lease.renew().await == Holder::ThisReplica;
                renewed = Some(now);
            }
            for id in context.released_webhooks.take() {
                let memory = known.entry(id).or_default();
                (memory.due, memory.failures) = (Duration::ZERO, 0);
            }
            let mut pause = RENEWAL;
            if held {
                match self.look(&mut configured).await {
                    Ok(webhooks) => {
                        reported.update(context, &webhooks);
                        reported.blocked(context, blocked(&webhooks, &known));
                        known.retain(|id, memory| {
                            memory.is_busy || webhooks.iter().any(|stored| stored.webhook.id == *id)
                        });
                        pause = LOOK;
                        for stored in webhooks {
                            if stored.webhook.state != WebhookState::Enabled {
                                continue;
                            }
                            let memory = known.entry(stored.webhook.id).or_default();
                            if !memory.is_busy && memory.due <= now {
                                (memory.is_busy, memory.begun) = (true, now);
                                passes.push(self.pass(stored, memory.failures, stop));
                            } else if !memory.is_busy {
                                pause = pause.min(memory.due - now);
                            }
                        }
                    }
                    Err(error) => {
                        reported.store_failed(context, &error);
                        pause = AFTER_OUTAGE;
                    }
                }
            } else {
                reported.forget(context);
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                Some((id, passed)) = passes.next(), if !passes.is_empty() => {
                    if let Some(memory) = known.get_mut(&id) {
                        memory.is_busy = false;
                        (memory.failures, memory.blocked) = (passed.failures, passed.blocked);
                        let end = context.ports.clock.monotonic();
                        memory.due = (end + passed.pause).max(memory.begun + SHORTEST);
                    }
                }
                _ = commits.changed() => {
                    // A webhook that fails keeps its pause.
                    for memory in known.values_mut().filter(|memory| memory.failures == 0) {
                        memory.due = memory.due.min(memory.begun + SHORTEST);
                    }
                    // Not at once for each of many commits.
                    let now = context.ports.clock.monotonic();
                    if known.values().all(|memory| memory.is_busy || memory.due > now) {
                        context.ports.clock.sleep(SHORTEST).await;
                    }
                }
                () = context.ports.clock.sleep(pause) => {}
            }
        }
        // Passes end by themselves: they look at `stop`.
        while passes.next().await.is_some() {}
        if held {
            lease.release().await;
        }
    }

    async fn look(&self, configured: &mut bool) -> Result<Vec<StoredWebhook>, StoreError> {
        if !*configured {
            configured::apply(&self.0).await?;
            *configured = true;
        }
        self.0.ports.webhooks.webhooks().await
    }

    async fn pass(&self, stored: StoredWebhook, failures: u32, stop: &CancellationToken) -> (WebhookId, Passed) {
        let id = stored.webhook.id;
        let passed = pass(&self.0, &stored, failures, stop).await.unwrap_or_else(|error| {
            let blocked = Some(error.clone()).filter(StoreError::is_of_data);
            if blocked.is_none() {
                tracing::warn!(webhook = %id, %error, "could not process webhook; the next attempt follows");
            }
            Passed { pause: AFTER_OUTAGE, failures, blocked }
        });
        (id, passed)
    }
}

/// Returns the enabled webhooks whose events are kept back by stored data that cannot be read.
fn blocked(webhooks: &[StoredWebhook], known: &BTreeMap<WebhookId, Memory>) -> BTreeMap<WebhookId, String> {
    let enabled = webhooks.iter().filter(|stored| stored.webhook.state == WebhookState::Enabled);
    let error = |id: WebhookId| Some((id, known.get(&id)?.blocked.as_ref()?.to_string()));
    enabled.filter_map(|stored| error(stored.webhook.id)).collect()
}

/// What was logged.
#[derive(Default)]
struct Reported {
    failing: Vec<WebhookId>,
    blocked: BTreeMap<WebhookId, String>,
    store: bool,
    /// Whether readiness reports that the list of webhooks cannot be read.
    unlisted: bool,
}

impl Reported {
    /// Reports webhooks of which all attempts have failed for some time: in the log once, in readiness and metrics
    /// until they work again.
    fn update(&mut self, context: &Context, webhooks: &[StoredWebhook]) {
        if std::mem::take(&mut self.store) {
            tracing::info!("webhooks can be read again");
        }
        let now = context.now();
        let mut failing = Vec::new();
        for StoredWebhook { webhook, .. } in webhooks {
            let Some(since) = webhook.failing_since.filter(|since| now - *since >= REPORTED_AFTER) else { continue };
            failing.push((webhook.id, since));
            if !self.failing.contains(&webhook.id) {
                tracing::warn!(
                    webhook = %webhook.id,
                    since = time_text(since),
                    remedy = "read its deliveries for the reason, and correct the receiver",
                    "webhook is failing; its events wait and are sent when it works again"
                );
            }
        }
        for id in &self.failing {
            if !failing.iter().any(|(failing, _)| failing == id) {
                tracing::info!(webhook = %id, "webhook works again");
            }
        }
        self.failing = failing.iter().map(|(id, _)| *id).collect();
        context.metrics.webhooks_failing(failing.len());
        context.health.set_failing_webhooks(failing);
    }

    /// Reports webhooks whose events are kept back: in the log once for each reason, in readiness until the data is
    /// corrected.
    fn blocked(&mut self, context: &Context, blocked: BTreeMap<WebhookId, String>) {
        context.metrics.webhooks_blocked(blocked.len());
        if blocked == self.blocked && !std::mem::take(&mut self.unlisted) {
            return;
        }
        for (id, error) in blocked.iter().filter(|(id, error)| self.blocked.get(*id) != Some(*error)) {
            tracing::warn!(webhook = %id, %error, "webhook receives no new events, because stored data is unreadable");
        }
        for id in self.blocked.keys().filter(|id| !blocked.contains_key(id)) {
            tracing::info!(webhook = %id, "webhook receives new events again");
        }
        let reasons: BTreeSet<_> = blocked.values().cloned().collect();
        context.health.set_blocked_webhooks(blocked.len(), reasons.into_iter().collect());
        self.blocked = blocked;
    }

    /// Another replica reports.
    fn forget(&mut self, context: &Context) {
        self.blocked(context, BTreeMap::new());
        if !self.failing.is_empty() {
            self.failing.clear();
            context.metrics.webhooks_failing(0);
            context.health.set_failing_webhooks(Vec::new());
        }
    }

    fn store_failed(&mut self, context: &Context, error: &StoreError) {
        if error.is_of_data() {
            // It is not known which webhooks there are: none receives anything.
            context.health.set_blocked_webhooks(0, vec![error.to_string()]);
            context.metrics.webhooks_blocked(1);
            self.unlisted = true;
        }
        if !std::mem::replace(&mut self.store, true) {
            tracing::warn!(%error, "could not read webhooks; logged once until they can be read");
        }
    }
}
