//! `GET /console/batches`.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use keyferry_access::{Operation, may};
use keyferry_domain::BatchStateName;
use keyferry_domain::ports::Cursor;
use serde::Deserialize;

use super::batch::tone;
use crate::frame::{Frame, Place, page};
use crate::human::human;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::time::Instant;
use crate::visitor::Allowed;

/// Number of batches on a page.
const PAGE: u32 = 50;

/// States among which the list can be filtered.
const FILTERS: [BatchStateName; 6] = [
    BatchStateName::Draft,
    BatchStateName::Checked,
    BatchStateName::Submitted,
    BatchStateName::Paused,
    BatchStateName::Finished,
    BatchStateName::Cancelled,
];

#[derive(Template)]
#[template(path = "batches.html")]
struct BatchesPage {
    frame: Frame,
    may_create: bool,
    filters: Vec<Filter>,
    rows: Vec<BatchLine>,
    unreadable: Vec<(String, String)>,
    next: Option<String>,
}

struct Filter {
    label: &'static str,
    address: String,
    is_current: bool,
}

struct BatchLine {
    id: String,
    name: String,
    state: &'static str,
    tone: &'static str,
    total: String,
    created: Instant,
    by: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Parameters {
    state: String,
    after: String,
}

/// Lists the batches, newest first.
pub(crate) async fn list(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ListBatches>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Problem> {
    let frame = visitor.frame(Place::Batches);
    let Parameters { state: wanted, after } = parameters.map(|Query(it)| it).unwrap_or_default();
    let wanted = BatchStateName::parse(&wanted);
    let after = keyferry_domain::BatchId::parse(&after).map(|id| Cursor(id.to_string()));
    let states: Vec<_> = wanted.into_iter().collect();
    let found = state.engine.batches.list(&states, after.as_ref(), PAGE).await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return Err(Problem::of_store(frame, &error)),
    };
    let (m, t) = (frame.m, frame.m.batches);
    let address = |state: Option<BatchStateName>, after: Option<&Cursor>| {
        let state = state.map(|state| format!("state={state}"));
        let after = after.map(|cursor| format!("after={}", cursor.0));
        let query: Vec<_> = state.into_iter().chain(after).collect();
        if query.is_empty() { "/console/batches".to_owned() } else { format!("/console/batches?{}", query.join("&")) }
    };
    let all = std::iter::once((None, t.any_state));
    let filters = all.chain(FILTERS.into_iter().map(|state| (Some(state), (t.state_name)(state))));
    let filters =
        filters.map(|(state, label)| Filter { label, address: address(state, None), is_current: state == wanted });
    let rows = found.items.into_iter().map(|stored| {
        let batch = stored.batch;
        let state = batch.state.name();
        BatchLine {
            id: batch.id.to_string(),
            name: if batch.name.is_empty() { t.unnamed.to_owned() } else { batch.name },
            state: (t.state_name)(state),
            tone: tone(state),
            total: (m.number)(u64::from(batch.total)),
            created: batch.created_at.into(),
            by: human(&batch.created_by),
        }
    });
    let shown = BatchesPage {
        may_create: visitor.may(Operation::CreateBatch),
        filters: filters.collect(),
        rows: rows.collect(),
        next: found.next.as_ref().map(|next| address(wanted, Some(next))),
        unreadable: found.broken,
        frame,
    };
    Ok(page(StatusCode::OK, &shown))
}
