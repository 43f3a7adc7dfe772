//! `GET` and `POST /console/reconcile`.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::may;
use keyferry_engine::{NotCompared, Whole};
use serde::Deserialize;

use super::row::Row;
use crate::frame::{Frame, Place, page};
use crate::state::ConsoleState;
use crate::time::Instant;
use crate::visitor::{Allowed, Submitted};

#[derive(Template)]
#[template(path = "reconcile.html")]
struct ReconcilePage {
    frame: Frame,
    last: Option<Last>,
}

/// The last comparison.
struct Last {
    is_running: bool,
    ended: Option<Instant>,
    ended_early: Option<String>,
    /// Numbers of orders, shipments, people and calls.
    compared: String,
    total: u64,
    rows: Vec<Row>,
    /// Differences that are counted, but not in `rows`.
    more: u64,
    /// Kind, and what to do about it.
    remedies: Vec<(&'static str, &'static str)>,
    not_compared: Vec<NotCompared>,
}

impl Last {
    fn of(whole: Whole, frame: &Frame) -> Self {
        let m = frame.m;
        let total: u64 = whole.counts.values().sum();
        let rows: Vec<_> = whole.differences.into_iter().map(|difference| Row::of(difference, m)).collect();
        let compared = whole.compared;
        Self {
            is_running: whole.ended_at.is_none(),
            ended: whole.ended_at.map(Instant::from),
            ended_early: whole.ended_early,
            compared: (m.reconcile.compared)(compared.orders, compared.shipments, compared.people, compared.calls),
            total,
            more: total.saturating_sub(rows.len() as u64),
            rows,
            remedies: whole
                .counts
                .keys()
                .map(|kind| ((m.reconcile.kind)(*kind), (m.reconcile.remedy)(*kind)))
                .collect(),
            not_compared: whole.not_compared,
        }
    }
}

/// Shows the comparison of this process that is in progress, or the last one.
pub(crate) async fn reconcile(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::Reconcile>,
) -> Response {
    let frame = visitor.frame(Place::Health);
    let last = state.engine.reconciliation.last().map(|whole| Last::of(whole, &frame));
    page(StatusCode::OK, &ReconcilePage { frame, last })
}

#[derive(Deserialize)]
pub(crate) struct Start {}

/// Starts a comparison, unless one is in progress. It changes nothing.
pub(crate) async fn start(
    State(state): State<ConsoleState>,
    Submitted(visitor, Start {}, ..): Submitted<may::Reconcile, Start>,
) -> Response {
    tracing::info!(caller = %visitor.principal().caller(), "operator started a comparison of both sides");
    state.engine.reconciliation.start();
    Redirect::to("/console/reconcile").into_response()
}
