//! `GET /console/batches/{id}/events`: server-sent events (HTML, section 9.2) about changes of a batch.
//! A page then loads itself anew. An event contains no data of the batch.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use keyferry_access::{SessionId, may};
use keyferry_domain::BatchId;
use keyferry_engine::BatchView;

use super::batch::is_moving;
use super::find::find;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::Allowed;

/// Time between two looks at the batch. A look counts its rows.
const PACE: Duration = Duration::from_secs(2);

/// Number of looks after which a stream ends. The browser then opens a new one, with a new check of session and role.
/// A server that stops does not wait longer for it.
const LOOKS: u32 = 12;

struct Watch {
    state: ConsoleState,
    session: SessionId,
    batch: BatchId,
    seen: String,
    looks: u32,
    is_over: bool,
}

/// Streams `changed` when counts or state of the batch changed, and `end` when nothing changes by itself any more.
pub(crate) async fn events(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::GetBatch>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = find(&state, &visitor, &id).await?;
    let session = visitor.visit.session.clone();
    let watch = Watch { state, session, batch: view.batch.id, seen: String::new(), looks: 0, is_over: false };
    let events = stream::unfold(watch, |mut watch| async {
        let event = watch.next().await?;
        Some((Ok::<_, Infallible>(event), watch))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

impl Watch {
    /// Returns the next event. `None`: the stream ends.
    async fn next(&mut self) -> Option<Event> {
        while self.looks < LOOKS && !self.is_over {
            self.looks += 1;
            // A user who signed out sees nothing more, and a page that is left open keeps no session alive.
            if !self.state.site.sessions.is_alive(&self.session).await.ok()? {
                return None;
            }
            let view = self.state.engine.batches.get(self.batch).await.ok()??;
            let now = summary(&view);
            self.is_over = !is_moving(view.batch.state.name());
            if self.is_over {
                return Some(Event::default().event("end").data("end"));
            }
            if now != self.seen {
                self.seen = now;
                // Also at first: a page that was just loaded, or connects anew, may have missed something.
                return Some(Event::default().event("changed").data("changed"));
            }
            self.state.clock.sleep(PACE).await;
        }
        None
    }
}

fn summary(view: &BatchView) -> String {
    let seconds = view.progress.map(|progress| progress.seconds_left / 10);
    format!("{:?} {:?} {:?} {seconds:?}", view.batch.state, view.rows, view.shipments)
}
