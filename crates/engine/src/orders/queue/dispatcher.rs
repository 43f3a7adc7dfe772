//! Dispatcher: sends queued orders, one replica at a time.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::{Stream, StreamExt as _, stream};
use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, StoreError, TimeRange};
use keyferry_domain::{Lane, PhaseName, ShipmentId};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::send::{Outage, Sent, send};
use crate::context::Context;
use crate::lease::{Duty, Holder, Lease, RENEWAL};

/// Orders read at a time. Few, so that an order that becomes due does not wait behind many.
const PAGE: u32 = 20;

/// Longest pause while nothing is due. Orders that another replica accepts are noticed after it.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Pause after an outage, unless the other side asks for a longer one. It doubles with each attempt that meets it.
const AFTER_OUTAGE: Duration = Duration::from_secs(2);

/// Longest pause after an outage.
const LONGEST_AFTER_OUTAGE: Duration = Duration::from_secs(300);

/// Pause after a page of which other workers have all orders.
const AFTER_NOTHING: Duration = Duration::from_secs(5);

/// Sends queued orders. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Dispatcher(Arc<Context>);

impl Dispatcher {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Sends queued orders until `stop` is cancelled, while this replica holds the lease. Orders that are being sent
    /// then are finished first.
    pub async fn run(&self, stop: &CancellationToken) {
        let context = &self.0;
        let lease = Lease::new(context, Duty::Queue);
        let outage = Announced::default();
        let (mut held, mut due) = (false, Duration::ZERO);
        while !stop.is_cancelled() {
            held = lease.renew().await == Holder::ThisReplica;
            if !held {
                due = Duration::ZERO;
            } else if due <= context.ports.clock.monotonic() {
                let pause = lease.during(self.send_due(stop, &outage)).await;
                due = context.ports.clock.monotonic() + pause;
            }
            // The lease is renewed during a long pause. Otherwise another replica would take it, and try again at once
            // what fails.
            let rest = due.saturating_sub(context.ports.clock.monotonic());
            let pause = if held { rest.min(RENEWAL) } else { RENEWAL };
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = context.queue_wake.woken(), if outage.is_over() => due = Duration::ZERO,
                () = context.ports.clock.sleep(pause) => {}
            }
        }
        if held {
            lease.release().await;
        }
    }

    /// Sends the orders that are due. Returns the pause until the next ones may be.
    async fn send_due(&self, stop: &CancellationToken, outage: &Announced) -> Duration {
        let sent = match self.due().await {
            Err(error) => Err(Outage::of_store(&error)),
            Ok(Due::Later(pause)) => return pause,
            Ok(Due::Now(orders)) if outage.is_over() => self.send_all(orders, stop).await,
            // One order shows whether the dependency works again.
            Ok(Due::Now(orders)) => self.send_some(stream::iter(orders.into_iter().take(1)), stop).await,
        };
        match sent {
            Err(found) => {
                self.0.outages.add(found.party, found.reason.clone());
                let asked = found.pause.unwrap_or_default();
                outage.begin(found).max(asked)
            }
            Ok(0) => AFTER_NOTHING,
            Ok(_) => {
                if let Some(Outage { party, .. }) = outage.end() {
                    self.0.outages.end(party);
                    tracing::info!(%party, "queued orders are sent again");
                }
                Duration::ZERO
            }
        }
    }

    /// Returns the orders that are due, or the time until the next one is.
    async fn due(&self) -> Result<Due, StoreError> {
        let due = self.due_now().await?;
        if !due.is_empty() {
            return Ok(Due::Now(due));
        }
        let now = self.0.now();
        let next = TimeRange::from(now);
        let next = ShipmentFilter { next_attempt: next, ..ShipmentFilter::phases(&[PhaseName::Queued]) };
        let next = self.0.ports.shipments.query(&next, ShipmentSort::NextAttempt, None, 1).await?;
        let next = next.items.first().and_then(|summary| summary.next_attempt);
        let pause = next.and_then(|next| (next - now).to_std().ok()).unwrap_or(LONGEST_PAUSE);
        Ok(Due::Later(pause.min(LONGEST_PAUSE)))
    }

    /// Returns the first orders that are due.
    async fn due_now(&self) -> Result<Vec<ShipmentId>, StoreError> {
        // The end of the range is exclusive. Times are stored in microseconds.
        let due = TimeRange::before(self.0.now() + chrono::TimeDelta::microseconds(1));
        let due = ShipmentFilter { next_attempt: due, ..ShipmentFilter::phases(&[PhaseName::Queued]) };
        let page = self.0.ports.shipments.query(&due, ShipmentSort::NextAttempt, None, PAGE).await?;
        for (key, reason) in &page.broken {
            tracing::error!(record = %key, %reason, "skipped queued order whose record cannot be read completely");
        }
        Ok(page.items.into_iter().map(|summary| summary.id).collect())
    }

    /// Sends these orders, and those that are due after them, until there are none, or until the lease is to be
    /// renewed. Without a pause between pages: an order whose calls take long does not hold those of the next page.
    async fn send_all(&self, orders: Vec<ShipmentId>, stop: &CancellationToken) -> Result<usize, Outage> {
        let end = self.0.now() + RENEWAL;
        let begun = BTreeSet::new();
        let pages = stream::unfold((Some(orders), begun), |(first, mut begun): (Option<Vec<_>>, _)| async {
            let orders = match first {
                Some(first) => first,
                None if self.0.now() >= end => return None,
                // A failure of the store is met again, and reported then.
                None => self.due_now().await.ok()?,
            };
            let new: Vec<_> = orders.into_iter().filter(|id| begun.insert(*id)).collect();
            (!new.is_empty()).then(|| (stream::iter(new), (None, begun)))
        });
        self.send_some(pages.flatten().boxed(), stop).await
    }

    /// Sends these orders, several at a time. Returns the number of those that another worker did not have. An outage
    /// ends it.
    async fn send_some(
        &self,
        orders: impl Stream<Item = ShipmentId> + Send + Unpin,
        stop: &CancellationToken,
    ) -> Result<usize, Outage> {
        let context = &self.0;
        let mut work = orders
            .take_while(|_| std::future::ready(!stop.is_cancelled()))
            .map(|id| {
                let context = context.clone();
                // Its own task: it is finished even if an outage ends the others.
                let task = Lane::Bulk.scope(async move { send(&context, id).await }).in_current_span();
                self.0.tasks.spawn(task)
            })
            .buffer_unordered(context.settings.queue_concurrency);
        let (mut handled, mut outage) = (0, None);
        while let Some(sent) = work.next().await {
            match sent {
                Ok(Sent::Handled) => handled += 1,
                Ok(Sent::Skipped) => {}
                Ok(Sent::Outage(found)) => {
                    outage.get_or_insert(found);
                    break;
                }
                Err(error) => tracing::error!(%error, "the task that sends a queued order panicked"),
            }
        }
        outage.map_or(Ok(handled), Err)
    }
}

enum Due {
    Now(Vec<ShipmentId>),
    Later(Duration),
}

/// Outage that was logged, and the number of attempts that met it.
#[derive(Default)]
struct Announced(Mutex<Option<(Outage, u32)>>);

impl Announced {
    /// Returns the pause until the next attempt.
    fn begin(&self, outage: Outage) -> Duration {
        let mut announced = self.state();
        let before = announced.as_ref().filter(|(before, _)| before.party == outage.party).map(|(_, times)| *times);
        if before.is_none() {
            let Outage { party, reason, .. } = &outage;
            tracing::error!(%party, reason, "dependency is failing; queued orders are on hold");
        }
        let times = before.unwrap_or_default();
        *announced = Some((outage, times.saturating_add(1)));
        AFTER_OUTAGE.saturating_mul(2_u32.saturating_pow(times)).min(LONGEST_AFTER_OUTAGE)
    }

    fn end(&self) -> Option<Outage> {
        self.state().take().map(|(outage, _)| outage)
    }

    /// Returns whether new orders may be sent at once.
    fn is_over(&self) -> bool {
        self.state().is_none()
    }

    fn state(&self) -> MutexGuard<'_, Option<(Outage, u32)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
