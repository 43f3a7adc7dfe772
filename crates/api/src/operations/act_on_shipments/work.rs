//! Performs an action on many shipments, a few at once.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use keyferry_access::Principal;
use keyferry_domain::ShipmentId;
use tokio::time::Instant;

use super::action::Action;
use super::response::{DoneBody, RefusedBody};
use crate::state::ApiState;

/// Number of shipments that are worked on at once.
pub(super) const CONCURRENCY: usize = 8;

/// Time after which no further shipment is begun, so that the response arrives before the request is ended.
const BUDGET: Duration = Duration::from_secs(120);

/// What was done so far. Logged at the end, also if the caller disconnects before: then the action ends, too, after the
/// shipments that it has begun.
struct Progress<'a> {
    action: Action,
    principal: &'a Principal,
    total: u64,
    body: DoneBody,
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        let (action, done, refused) = (self.action.as_str(), self.body.done, self.body.refused.len());
        let left = self.total - done - refused as u64;
        let caller = self.principal.caller();
        tracing::info!(%caller, action, done, refused, left, "caller acted on many shipments");
    }
}

/// Performs the action on each shipment.
pub(super) async fn perform(
    state: &ApiState,
    principal: &Principal,
    action: Action,
    reason: &str,
    ids: Vec<ShipmentId>,
) -> DoneBody {
    perform_within(BUDGET, state, principal, action, reason, ids).await
}

pub(super) async fn perform_within(
    budget: Duration,
    state: &ApiState,
    principal: &Principal,
    action: Action,
    reason: &str,
    ids: Vec<ShipmentId>,
) -> DoneBody {
    let (begin, total) = (Instant::now(), ids.len() as u64);
    let body = DoneBody { done: 0, refused: Vec::new(), left: 0 };
    let mut progress = Progress { action, principal, total, body };
    let results = stream::iter(ids).map(async |id| {
        if begin.elapsed() >= budget {
            return None;
        }
        Some((id, action.perform(state, principal, &id.to_string(), reason).await))
    });
    let mut results = std::pin::pin!(results.buffer_unordered(CONCURRENCY));
    while let Some(result) = results.next().await {
        match result {
            None => progress.body.left += 1,
            Some((_, Ok(()))) => progress.body.done += 1,
            Some((id, Err(problem))) => {
                progress.body.refused.push(RefusedBody { id: id.to_string(), why: problem.message().to_owned() });
            }
        }
    }
    progress.body.refused.sort_by(|one, other| one.id.cmp(&other.id));
    progress.body.clone()
}
