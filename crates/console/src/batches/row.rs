//! `GET` and `POST /console/batches/{id}/rows/{row}`: what a row contains, and its correction.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::may;
use keyferry_engine::{BatchError, RowContents};
use serde_json::Value;

use super::find::find;
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::order_form::{Finding, Group, Offer, Reading, Values, groups, of_check, of_row};
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Submitted, Visitor};

#[derive(Template)]
#[template(path = "batch_row.html")]
struct RowPage {
    frame: Frame,
    name: String,
    address: String,
    number: u32,
    key: String,
    is_unreadable: bool,
    /// Whether the row was just saved, with errors.
    is_saved: bool,
    findings: Vec<Finding>,
    groups: Vec<Group>,
    refusal: Option<Refusal>,
}

impl RowPage {
    fn input<'a>(&self, finding: &'a Finding) -> &'a str {
        finding.member.map_or("mend", keyferry_sheet::Member::name)
    }
}

/// Shows a row with its values and findings.
pub(crate) async fn row(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ChangeBatchRow>,
    Path((id, number)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let row = contents(&state, &visitor, &id, &number).await?;
    tracing::info!(batch = id, row = row.row.row, caller = %visitor.principal().caller(), "operator read a row");
    let values = match (&row.order, &row.content) {
        (Some(order), _) => Some(Values::of_order(order)),
        (None, Some(content)) => Some(Values::of_content(content)),
        (None, None) => None,
    };
    let findings = row.row.findings().map(of_row).collect();
    let form = Shown { findings, is_unreadable: values.is_none(), ..Shown::default() };
    show(&state, &visitor, &id, &row, values.unwrap_or_default(), form).await
}

/// Replaces what the row contains, as the API's operation does.
pub(crate) async fn save(
    State(state): State<ConsoleState>,
    Path((id, number)): Path<(String, String)>,
    Submitted(visitor, fields, ..): Submitted<may::ChangeBatchRow, Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let row = contents(&state, &visitor, &id, &number).await?;
    let values = Values::of_form(&fields);
    let mut body = values.to_json();
    let key = fields.iter().find(|(name, _)| name == "row_key").map(|(_, key)| key.trim()).unwrap_or_default();
    if !key.is_empty() {
        body.insert("row_key".to_owned(), Value::from(key));
    }
    let path = format!("/v1/batches/{id}/rows/{}", row.row.row);
    match visitor.ask(&state, Method::PUT, &path, Some(Value::Object(body))).await {
        Ok(saved) if saved["state"] == "ready" => {
            Ok(Redirect::to(&format!("/console/batches/{id}?done=row")).into_response())
        }
        Ok(saved) => {
            let row = contents(&state, &visitor, &id, &number).await?;
            let form = Shown { findings: of_check(&saved["findings"]), is_saved: true, ..Shown::default() };
            show(&state, &visitor, &id, &row, values, form).await
        }
        Err(refusal) => {
            let form = Shown { refusal: Some(refusal), ..Shown::default() };
            show(&state, &visitor, &id, &row, values, form).await
        }
    }
}

/// What a form shows beside its fields.
#[derive(Default)]
struct Shown {
    findings: Vec<Finding>,
    is_unreadable: bool,
    is_saved: bool,
    refusal: Option<Refusal>,
}

async fn contents(state: &ConsoleState, visitor: &Visitor, id: &str, number: &str) -> Result<RowContents, Problem> {
    let view = find(state, visitor, id).await?;
    let frame = || visitor.frame(Place::Batches);
    let number = number.parse::<u32>().map_err(|_| Problem::not_found(frame()))?;
    match state.engine.batches.row(view.batch.id, number).await {
        Ok(row) => Ok(row),
        Err(BatchError::Store(error)) => Err(Problem::of_store(frame(), &error)),
        Err(_) => Err(Problem::not_found(frame())),
    }
}

async fn show(
    state: &ConsoleState,
    visitor: &Visitor,
    id: &str,
    row: &RowContents,
    values: Values,
    form: Shown,
) -> Result<Response, Problem> {
    let view = find(state, visitor, id).await?;
    let frame = visitor.frame(Place::Batches);
    let offer = Offer::read(&state.engine.preflight).await;
    let Shown { findings, is_unreadable, is_saved, refusal } = form;
    let status = match &refusal {
        Some(refusal) => refusal.status,
        None if is_saved => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let name = if view.batch.name.is_empty() { frame.m.batches.unnamed.to_owned() } else { view.batch.name };
    let shown = RowPage {
        groups: groups(frame.m, &values, &offer, &findings, Reading::of(&state.engine), true),
        address: format!("/console/batches/{}", view.batch.id),
        number: row.row.row,
        key: row.row.key.clone().unwrap_or_default(),
        name,
        is_unreadable,
        is_saved,
        findings,
        refusal,
        frame,
    };
    Ok(page(status, &shown))
}
