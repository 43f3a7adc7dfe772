//! `GET /console/batches/{id}`.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use keyferry_access::{Operation, may};
use keyferry_domain::BatchStateName;
use serde::Deserialize;

use super::counts::{Bar, Tile, bar, tiles};
use super::find::find;
use super::kind::Act;
use super::row_list::{RowLine, Show, rows};
use crate::frame::{Frame, Place, page};
use crate::human::human;
use crate::order_form::{Finding, of_row};
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::time::Instant;
use crate::visitor::Allowed;

#[derive(Template)]
#[template(path = "batch.html")]
struct BatchPage {
    frame: Frame,
    address: String,
    /// Address of this page without what was just done.
    here: String,
    id: String,
    name: String,
    state: &'static str,
    tone: &'static str,
    created: Instant,
    by: String,
    notice: Option<&'static str>,
    has_no_rows: bool,
    /// Whether something is going on, so that the page updates itself.
    is_moving: bool,
    is_ordered: bool,
    bar: Option<Bar>,
    tiles: Vec<Tile>,
    acts: Vec<Act>,
    findings: Vec<Finding>,
    columns: Vec<(String, String)>,
    filters: Vec<(String, &'static str, bool)>,
    rows: Vec<RowLine>,
    /// Whether the user may correct rows now.
    may_correct: bool,
    may_create: bool,
    first: Option<String>,
    next: Option<String>,
    history: Vec<Happened>,
}

struct Happened {
    what: &'static str,
    at: Instant,
    by: String,
    reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Parameters {
    show: String,
    after: String,
    /// What was just done.
    done: String,
}

/// Shows a batch with its rows.
pub(crate) async fn batch(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::GetBatch>,
    Path(id): Path<String>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Problem> {
    let view = find(&state, &visitor, &id).await?;
    let frame = visitor.frame(Place::Batches);
    let (m, t) = (frame.m, frame.m.batches);
    let Parameters { show: wanted, after, done } = parameters.map(|Query(it)| it).unwrap_or_default();
    let show = Show::of(&wanted, &view);
    let after = after.parse::<u32>().unwrap_or_default();
    let batch = &view.batch;
    let here = match (wanted.is_empty(), after) {
        (true, 0) => format!("/console/batches/{}", batch.id),
        _ => format!("/console/batches/{}?show={}&after={after}", batch.id, show.as_str()),
    };
    let listed = rows(&state.engine, batch.id, show, after, m).await;
    let (rows, next) = match listed {
        Ok(listed) => listed,
        Err(error) => return Err(Problem::of_store(frame, &error)),
    };
    tracing::info!(batch = %batch.id, caller = %visitor.principal().caller(), "operator read a batch");
    let name = batch.state.name();
    let address = format!("/console/batches/{}", batch.id);
    let is_open = matches!(name, BatchStateName::Draft | BatchStateName::Checked);
    let notice = match done.as_str() {
        "upload" if batch.total > 0 => Some(t.uploaded),
        "row" => Some(t.row_saved),
        other => Act::parse(other).map(|act| (t.done)(act)),
    };
    let columns = batch.columns.iter().map(|column| (column.header.clone(), column.members.join(", ")));
    let history = batch.acts.iter().rev().map(|act| Happened {
        what: (t.event)(act.act),
        at: act.at.into(),
        by: act.by.as_ref().map_or_else(|| "Keyferry".to_owned(), human),
        reason: act.reason.clone(),
    });
    let filter = |one: Show| (format!("{address}?show={}#rows", one.as_str()), one.label(m), one == show);
    let shown = BatchPage {
        id: batch.id.to_string(),
        name: if batch.name.is_empty() { t.unnamed.to_owned() } else { batch.name.clone() },
        state: (t.state_name)(name),
        tone: tone(name),
        created: batch.created_at.into(),
        by: human(&batch.created_by),
        notice,
        has_no_rows: batch.total == 0 && name != BatchStateName::Uploading,
        is_moving: is_moving(name),
        is_ordered: view.rows.of(keyferry_domain::RowState::Queued) > 0,
        bar: bar(&view, m),
        tiles: tiles(&view, m),
        acts: Act::ALL.into_iter().filter(|act| visitor.may(act.operation()) && act.fits(&view)).collect(),
        findings: batch.read.iter().chain(&batch.checked).map(of_row).collect(),
        columns: columns.collect(),
        filters: Show::ALL.map(filter).into(),
        rows,
        may_correct: is_open && visitor.may(Operation::ChangeBatchRow),
        may_create: visitor.may(Operation::CreateBatch),
        first: (after > 0).then(|| format!("{address}?show={}#rows", show.as_str())),
        next: next.map(|next| format!("{address}?show={}&after={next}#rows", show.as_str())),
        history: history.collect(),
        here,
        address,
        frame,
    };
    Ok(page(StatusCode::OK, &shown))
}

/// Returns whether something happens to a batch in this state by itself.
pub(super) fn is_moving(state: BatchStateName) -> bool {
    matches!(state, BatchStateName::Checking | BatchStateName::Submitted | BatchStateName::Cancelling)
}

/// Returns the colour of a state.
pub(super) fn tone(state: BatchStateName) -> &'static str {
    match state {
        BatchStateName::Uploading | BatchStateName::Draft => "quiet",
        BatchStateName::Checking | BatchStateName::Submitted | BatchStateName::Cancelling => "busy",
        BatchStateName::Checked | BatchStateName::Paused => "alert",
        BatchStateName::Finished => "good",
        BatchStateName::Cancelled => "off",
    }
}
