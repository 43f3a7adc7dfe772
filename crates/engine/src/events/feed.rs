//! Events of all shipments, from a cursor.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ShipmentStore;
use keyferry_domain::ports::{EventCursor, RecordedEvent, StoreError};

use super::notice::{EventType, Notice, Notices};
use crate::context::Context;

/// Events that are read from the store at once.
const PAGE: u32 = 500;

/// Pages that one call reads at most, while it finds no event of the wanted types.
const MOST_PAGES: usize = 10;

/// Interval in which a waiting reader asks the store: for commits of other replicas.
const POLL: Duration = Duration::from_secs(2);

/// Reads events. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Events(Arc<Context>);

/// Events after a cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPage {
    /// Events of the wanted types, in the order of commits.
    pub events: Vec<Notice>,
    /// Position after the last event that was read, of any type.
    pub next: EventCursor,
}

impl Events {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    pub(super) fn context(&self) -> &Context {
        &self.0
    }

    /// Returns the position after the newest event.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn newest(&self) -> Result<EventCursor, StoreError> {
        self.0.ports.shipments.newest_event().await
    }

    /// Returns up to `limit` events after the cursor. If there are none, waits for some until `wait` is over or the
    /// process shuts down. `types` are the wanted ones; empty for all.
    ///
    /// # Errors
    /// The error of the store; see [`StoreError::is_of_cursor`].
    pub async fn after(
        &self,
        cursor: EventCursor,
        types: &[EventType],
        limit: u32,
        wait: Duration,
    ) -> Result<EventPage, StoreError> {
        let clock = &self.0.ports.clock;
        let mut commits = self.0.commits.subscribe();
        let mut page = self.read(cursor, types, limit).await?;
        let begin = clock.monotonic();
        while page.events.is_empty() {
            let left = wait.saturating_sub(clock.monotonic().saturating_sub(begin));
            if left.is_zero() {
                break;
            }
            tokio::select! {
                biased;
                () = self.0.stopping.cancelled() => break,
                _ = commits.changed() => {}
                () = clock.sleep(left.min(POLL)) => {}
            }
            page = self.read(page.next, types, limit).await?;
        }
        Ok(page)
    }

    async fn read(&self, cursor: EventCursor, types: &[EventType], limit: u32) -> Result<EventPage, StoreError> {
        let store = &self.0.ports.shipments;
        let wants = |kind| types.is_empty() || types.contains(&EventType(kind));
        let mut next = cursor;
        for _ in 0..MOST_PAGES {
            let size = if types.is_empty() { limit.min(PAGE) } else { PAGE };
            let mut found = events_up_to_damage(store.as_ref(), &next, size).await?;
            let Some(last) = found.last() else { break };
            next = last.cursor.clone();
            found.retain(|event| wants(event.event.kind));
            if found.len() > limit as usize {
                found.truncate(limit as usize);
                next = found.last().map_or(next, |last| last.cursor.clone());
            }
            if !found.is_empty() {
                let events = Notices(store.as_ref()).of(&found).await?;
                return Ok(EventPage { events, next });
            }
        }
        Ok(EventPage { events: Vec::new(), next })
    }
}

/// Returns events after the cursor. One that cannot be read fails only the call whose first event it is, so that all
/// events before it are read.
///
/// # Errors
/// The error of the store.
pub(crate) async fn events_up_to_damage(
    store: &dyn ShipmentStore,
    cursor: &EventCursor,
    limit: u32,
) -> Result<Vec<RecordedEvent>, StoreError> {
    match store.events_after(cursor, limit).await {
        Err(error) if error.is_of_data() && !error.is_of_cursor() => store.events_after(cursor, 1).await,
        other => other,
    }
}
