//! Whole comparison in the background, for the schedule and for pages.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::Lane;
use tracing::Instrument as _;

use super::slice::Position;
use super::step::step;
use crate::context::Context;

/// Pauses in a row after which the comparison ends: the rate limit leaves no room.
const MOST_PAUSES: u32 = 60;

/// Ends the comparison also if its task panics or is dropped, so that another one can begin.
struct Running<'a>(&'a Context);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let now = self.0.now();
        self.0.reconciliation.change(|whole| {
            if whole.ended_at.is_none() {
                whole.ended_at = Some(now);
                whole.ended_early.get_or_insert_with(|| "The process is stopping. Start it again.".to_owned());
            }
        });
    }
}

pub(super) fn start(context: &Arc<Context>) {
    if context.stopping.is_cancelled() || !context.reconciliation.begin(context.now()) {
        return;
    }
    let task_context = context.clone();
    let work = async move {
        let running = Running(&task_context);
        tokio::select! {
            biased;
            () = task_context.stopping.cancelled() => {}
            () = Lane::Bulk.scope(run(&task_context)) => {}
        }
        drop(running);
    };
    drop(context.tasks.spawn(work.in_current_span()));
}

/// Runs the comparison that [`start`] began.
async fn run(context: &Arc<Context>) {
    tracing::info!("comparing records with delivery service and identity provider");
    let (mut position, mut pauses) = (Some(Position::start()), 0);
    let mut early = None;
    while let Some(from) = position {
        match step(context, from).await {
            Ok(slice) => {
                position = slice.next.clone();
                let pause = slice.pause;
                context.reconciliation.change(|whole| whole.add(slice));
                match pause {
                    None => pauses = 0,
                    Some(_) if pauses >= MOST_PAUSES => {
                        early =
                            Some("The rate limit of the identity provider left no room. Start it again.".to_owned());
                        break;
                    }
                    Some(pause) => {
                        pauses += 1;
                        context.ports.clock.sleep(Duration::from_secs(pause)).await;
                    }
                }
            }
            Err(error) => {
                early = Some(error.to_string());
                break;
            }
        }
    }
    let now = context.now();
    context.reconciliation.change(|whole| {
        whole.ended_early = early;
        whole.ended_at = Some(now);
        let total: u64 = whole.counts.values().sum();
        let (people, calls) = (whole.compared.people, whole.compared.calls);
        context.metrics.reconciled(&whole.counts);
        if let Some(reason) = &whole.ended_early {
            tracing::warn!(reason, differences = total, people, calls, "comparison of both sides ended early");
        } else if total > 0 {
            let remedy = "Open the page Reconcile of the console, or run keyferry reconcile.";
            tracing::warn!(differences = total, people, calls, remedy, "records differ from the other sides");
        } else {
            tracing::info!(people, calls, "compared records with the other sides; found no difference");
        }
    });
}
