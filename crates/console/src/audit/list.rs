//! `GET /console/audit`, and `POST /console/audit/verify`.

use std::time::Duration;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::may;
use serde::Deserialize;

use super::chain::Verification;
use super::conditions::Conditions;
use super::form::Form;
use super::row::Row;
use crate::frame::{Frame, Place, page};
use crate::job;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::time::Instant;
use crate::visitor::{Allowed, Submitted};

/// Number of events of a page.
const PAGE: u32 = 50;

/// Time that a visit of the page waits for the verification of the chain.
const VISIT: Duration = Duration::from_secs(1);

/// Time that the button waits for it.
const REQUEST: Duration = Duration::from_secs(15);

const PATH: &str = "/console/audit";

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    form: Form,
    rows: Vec<Row>,
    /// How many there are.
    shown: String,
    unreadable: Vec<(String, String)>,
    /// Whether an event of the page was changed outside of Keyferry.
    is_altered: bool,
    chain: ChainView,
    first: Option<String>,
    next: Option<String>,
    csv: String,
    json_lines: String,
    has_conditions: bool,
}

/// State of the whole chain.
#[derive(Default)]
struct ChainView {
    /// Number of entries that were verified, if a verification is in progress.
    running: Option<u64>,
    at: Option<Instant>,
    outcome: Option<Outcome>,
    /// Whether the last verification did not end within the time limit.
    is_late: bool,
}

/// Result of the last verification.
enum Outcome {
    Intact { entries: u64, deleted: u64, checkpoints: u64, head: Option<(String, Instant)>, keys: Vec<String> },
    Broken(String),
    Failed(String),
}

/// Shows a page of the events that match the conditions in the address, newest first.
pub(crate) async fn audit(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ListEvents>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (conditions, is_long) = Conditions::read(query.as_deref().unwrap_or_default());
    let frame = visitor.frame(Place::Audit);
    let m = frame.m;
    let mut shown = AuditPage {
        form: Form::new(&conditions, m, Vec::new()),
        rows: Vec::new(),
        shown: String::new(),
        unreadable: Vec::new(),
        is_altered: false,
        chain: ChainView::default(),
        first: None,
        next: None,
        csv: conditions.address("/console/audit.csv", None),
        json_lines: conditions.address("/console/audit.jsonl", None),
        has_conditions: conditions.is_any(),
        frame,
    };
    let (filter, before) = match conditions.filter(m) {
        Ok(filter) => filter,
        Err(mistakes) => {
            shown.form = Form::new(&conditions, m, mistakes);
            return Ok(page(StatusCode::BAD_REQUEST, &shown));
        }
    };
    if is_long {
        return Ok(Redirect::to(&conditions.address(PATH, before.as_ref())).into_response());
    }
    let mut verification = state.chain.verify(&state.clock, false, VISIT).await;
    let found = match state.engine.events.history(&filter, before.as_ref(), PAGE).await {
        Ok(found) => found,
        // A position of another store, or of a deleted event of another list.
        Err(error) if error.is_of_cursor() => return Ok(Redirect::to(&conditions.address(PATH, None)).into_response()),
        Err(error) => return Err(Problem::of_store(shown.frame, &error)),
    };
    tracing::info!(caller = %visitor.principal().caller(), "operator listed events");
    let standings = state.chain.standings(&found.events).await;
    let rows = found.events.into_iter().zip(standings).map(|(event, standing)| Row::new(event, standing, m));
    shown.rows = rows.collect();
    shown.shown = (m.audit.shown)(shown.rows.len());
    shown.is_altered = shown.rows.iter().any(|row| row.standing.is_bad());
    shown.unreadable = found.unreadable;
    if shown.is_altered {
        // The last verification must not contradict what this page found.
        verification = state.chain.verify(&state.clock, true, VISIT).await;
    }
    shown.chain = ChainView::of(&verification, state.chain.count());
    shown.first = before.map(|_| conditions.address(PATH, None));
    shown.next = found.next.map(|next| conditions.address(PATH, Some(&next)));
    Ok(page(StatusCode::OK, &shown))
}

#[derive(Deserialize)]
pub(crate) struct Verify {}

/// Verifies the whole chain. One verification at a time, whoever asks.
pub(crate) async fn verify(
    State(state): State<ConsoleState>,
    Submitted(visitor, Verify {}, ..): Submitted<may::ListEvents, Verify>,
) -> Response {
    tracing::info!(caller = %visitor.principal().caller(), "operator requested the verification of the event chain");
    drop(state.chain.verify(&state.clock, true, REQUEST).await);
    Redirect::to("/console/audit#chain").into_response()
}

impl ChainView {
    fn of(state: &job::State<Verification>, count: u64) -> Self {
        let last = state.last.as_ref();
        let outcome = last.and_then(|done| done.result.as_deref()).map(|found| match found {
            Verification::Intact(summary, keys) => Outcome::Intact {
                entries: summary.entries,
                deleted: summary.deleted,
                checkpoints: summary.checkpoints,
                head: summary.newest.as_ref().map(|it| (format!("{}:{}", it.position, it.hash), it.at.into())),
                keys: keys.clone(),
            },
            Verification::Broken(reason) => Outcome::Broken(reason.clone()),
            Verification::Failed(error) => Outcome::Failed(error.clone()),
        });
        Self {
            running: state.running_since.map(|_| count),
            at: last.map(|done| done.began_at.into()),
            outcome,
            is_late: last.is_some_and(|done| done.result.is_none()),
        }
    }
}
