//! `GET /console/audit/chain.jsonl`: the whole chain, as `keyferry audit export` prints it, for an auditor who verifies
//! it without Keyferry.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt as _, stream};
use keyferry_access::may;
use keyferry_evidence::{EvidenceStore, Export, Item, Reading};

use crate::frame::Place;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::Allowed;

/// Returns the chain, in parts. If the store fails on the way, the connection is closed before the end of the body.
pub(crate) async fn export_chain(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ListEvents>,
) -> Result<Response, Problem> {
    let store = state.chain.store().clone();
    let keys = store.signing_keys().await;
    let keys = keys.map_err(|error| Problem::of_store(visitor.frame(Place::Audit), &error))?;
    tracing::info!(caller = %visitor.principal().caller(), "operator exported the event chain");
    let first = format!("{}\n", Export::header(state.clock.now(), &keys));
    let first = stream::once(async move { Ok::<_, std::io::Error>(first) });
    let more = stream::try_unfold((store, Reading::default()), next);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/jsonl; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"event-chain.jsonl\"")),
    ];
    Ok((headers, Body::from_stream(first.chain(more))).into_response())
}

type Rest = (Arc<dyn EvidenceStore>, Reading);

async fn next((store, mut reading): Rest) -> Result<Option<(String, Rest)>, std::io::Error> {
    match reading.next(store.as_ref()).await {
        Ok(None) => Ok(None),
        Ok(Some(items)) => Ok(Some((items.iter().map(line).collect(), (store, reading)))),
        Err(error) => {
            tracing::warn!(%error, "could not read the rest of the event chain; the response ends early");
            Err(std::io::Error::other("the store failed"))
        }
    }
}

fn line(item: &Item) -> String {
    format!("{}\n", Export::line(item))
}
