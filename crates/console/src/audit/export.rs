//! `GET /console/audit.csv` and `/console/audit.jsonl`: all events that match, page by page, so that memory does not
//! grow with their number.

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use futures::{StreamExt as _, stream};
use keyferry_access::may;
use keyferry_domain::ports::{Cursor, StoreError};
use keyferry_engine::{Engine, HistoryFilter, HistoryPage};
use serde_json::{Map, Value};

use super::conditions::Conditions;
use super::row::{COLUMNS, cells, unreadable};
use crate::frame::Place;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Visitor};

/// Number of events that are in memory at once.
const PAGE: u32 = 500;

/// Format of the file.
#[derive(Clone, Copy)]
enum Format {
    Csv,
    JsonLines,
}

/// What is left to export.
struct Rest {
    engine: Engine,
    filter: HistoryFilter,
    before: Option<Cursor>,
    format: Format,
    is_first: bool,
    is_done: bool,
}

pub(crate) async fn csv(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ListEvents>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    export(state, visitor, query, Format::Csv).await
}

pub(crate) async fn json_lines(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ListEvents>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    export(state, visitor, query, Format::JsonLines).await
}

/// Returns all matches. If the store fails on the way, the connection is closed before the end of the body, so that a
/// part is not taken for the whole.
async fn export(
    state: ConsoleState,
    visitor: Visitor,
    query: Option<String>,
    format: Format,
) -> Result<Response, Problem> {
    let (conditions, _) = Conditions::read(query.as_deref().unwrap_or_default());
    let frame = visitor.frame(Place::Audit);
    // The list explains what is wrong with the conditions.
    let Ok((filter, _)) = conditions.filter(frame.m) else {
        return Ok(Redirect::to(&conditions.address("/console/audit", None)).into_response());
    };
    tracing::info!(caller = %visitor.principal().caller(), "operator exported events");
    let mut rest = Rest { engine: state.engine.clone(), filter, before: None, format, is_first: true, is_done: false };
    let first = rest.next().await.map_err(|error| Problem::of_store(frame, &error))?;
    let more = stream::try_unfold(rest, async |mut rest: Rest| {
        if rest.is_done {
            return Ok(None);
        }
        match rest.next().await {
            Ok(bytes) => Ok(Some((bytes, rest))),
            Err(error) => {
                tracing::warn!(%error, "could not read the rest of an export; the response ends early");
                Err(std::io::Error::other("the store failed"))
            }
        }
    });
    let first = stream::once(async { Ok::<_, std::io::Error>(first) });
    let (media_type, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8; header=present", "attachment; filename=\"events.csv\""),
        Format::JsonLines => ("application/jsonl; charset=utf-8", "attachment; filename=\"events.jsonl\""),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(name)),
    ];
    Ok((headers, Body::from_stream(first.chain(more))).into_response())
}

impl Rest {
    async fn next(&mut self) -> Result<Bytes, StoreError> {
        let page = self.engine.events.history(&self.filter, self.before.as_ref(), PAGE).await?;
        self.before.clone_from(&page.next);
        self.is_done = page.next.is_none();
        let is_first = std::mem::replace(&mut self.is_first, false);
        Ok(match self.format {
            Format::Csv => as_csv(&page, is_first),
            Format::JsonLines => as_json_lines(&page),
        }
        .into())
    }
}

/// The writer keeps spreadsheets from calculating cells.
fn as_csv(page: &HistoryPage, with_header: bool) -> Vec<u8> {
    let mut writer = keyferry_sheet::Writer::default();
    if with_header {
        writer.row(COLUMNS);
    }
    for event in &page.events {
        writer.row(cells(event));
    }
    for (id, reason) in &page.unreadable {
        writer.row(unreadable(id, reason));
    }
    writer.take()
}

/// Members without a value are left out.
fn as_json_lines(page: &HistoryPage) -> Vec<u8> {
    let broken = page.unreadable.iter().map(|(id, reason)| unreadable(id, reason));
    let mut lines = Vec::new();
    for cells in page.events.iter().map(cells).chain(broken) {
        let members = COLUMNS.into_iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
        let members: Map<_, _> = members.map(|(name, cell)| (name.to_owned(), member(name, cell))).collect();
        lines.extend(Value::Object(members).to_string().into_bytes());
        lines.push(b'\n');
    }
    lines
}

fn member(name: &str, cell: String) -> Value {
    match name {
        "event" | "times" => cell.parse::<u32>().map_or(Value::Null, Value::from),
        _ => Value::String(cell),
    }
}
