//! Export of all matching shipments, page by page, so that memory does not grow with their number.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use keyferry_domain::ports::{Cursor, Page, ShipmentFilter, ShipmentSort, Summary};
use keyferry_engine::Engine;
use serde_json::json;

use super::format::Format;
use crate::kit::problem::Problem;
use crate::kit::shipments::SummaryBody;

/// Number of shipments that are in memory at once.
const PAGE: u32 = 500;

type Cell = fn(&SummaryBody) -> Option<String>;

/// Columns of the CSV file.
const COLUMNS: [(&str, Cell); 23] = [
    ("id", |it| Some(it.id.clone())),
    ("shipment_id", |it| it.shipment_id.clone()),
    ("shipment_state", |it| Some(it.shipment_state.to_owned())),
    ("phase", |it| Some(it.phase.to_owned())),
    ("obstacle_class", |it| it.obstacle.as_ref().map(|obstacle| obstacle.class.to_owned())),
    ("obstacle_code", |it| it.obstacle.as_ref().map(|obstacle| obstacle.code.clone())),
    ("error_message", |it| it.error_message.clone()),
    ("needs_human", |it| Some(it.needs_human.to_string())),
    ("user_id", |it| it.user_id.clone()),
    ("object_id", |it| it.object_id.clone()),
    ("serial_number", |it| it.serial_number.clone()),
    ("tracking_number", |it| it.tracking_number.clone()),
    ("batch", |it| it.batch.clone()),
    ("product_id", |it| it.product_id.map(|id| id.to_string())),
    ("reference", |it| it.reference.clone()),
    ("country", |it| it.country.clone()),
    ("not_before", |it| it.not_before.clone()),
    ("needed_by", |it| it.needed_by.clone()),
    ("created_at", |it| Some(it.created_at.clone())),
    ("updated_at", |it| Some(it.updated_at.clone())),
    ("deadline", |it| it.deadline.clone()),
    ("next_attempt", |it| it.next_attempt.clone()),
    // Of a record that cannot be read, only this and the id are known.
    ("unreadable", |_| None),
];

/// What is left to export.
struct Rest {
    engine: Engine,
    filter: ShipmentFilter,
    sort: ShipmentSort,
    after: Option<Cursor>,
    format: Format,
    /// Whether nothing was written yet.
    is_first: bool,
    is_done: bool,
}

/// Returns a response whose body is read from the store while it is sent. If the store fails on the way, the connection
/// is closed before the end of the body, so that the caller does not take a part for the whole.
///
/// # Errors
/// The first page could not be read.
pub(super) async fn export(
    engine: &Engine,
    filter: ShipmentFilter,
    sort: ShipmentSort,
    format: Format,
) -> Result<Response, Problem> {
    let mut rest = Rest { engine: engine.clone(), filter, sort, after: None, format, is_first: true, is_done: false };
    let first = rest.next().await?;
    let more = stream::try_unfold(rest, async |mut rest: Rest| {
        if rest.is_done {
            return Ok(None);
        }
        match rest.next().await {
            Ok(bytes) => Ok(Some((bytes, rest))),
            Err(_) => {
                tracing::warn!("could not read the rest of an export; the response ends early");
                Err(std::io::Error::other("the store failed"))
            }
        }
    });
    let first = stream::once(async { Ok::<_, std::io::Error>(first) });
    let body = Body::from_stream(stream::StreamExt::chain(first, more));
    let (media_type, file) = match format {
        Format::Csv => ("text/csv; charset=utf-8; header=present", "attachment; filename=\"shipments.csv\""),
        Format::Json | Format::JsonLines => ("application/jsonl", "attachment; filename=\"shipments.jsonl\""),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(file)),
    ];
    Ok((headers, body).into_response())
}

impl Rest {
    /// Reads the next page and returns its text.
    async fn next(&mut self) -> Result<Bytes, Problem> {
        let page = self.engine.views.list(&self.filter, self.sort, self.after.as_ref(), PAGE).await?;
        self.after.clone_from(&page.next);
        self.is_done = page.next.is_none();
        let is_first = std::mem::replace(&mut self.is_first, false);
        let text = match self.format {
            Format::Csv => csv(page, is_first),
            Format::Json | Format::JsonLines => json_lines(page).map_err(|_| Problem::internal())?,
        };
        Ok(text.into())
    }
}

fn json_lines(page: Page<Summary>) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = Vec::new();
    for item in page.items {
        serde_json::to_writer(&mut text, &SummaryBody::from(item))?;
        text.push(b'\n');
    }
    for (id, reason) in page.broken {
        serde_json::to_writer(&mut text, &json!({"id": id, "unreadable": reason}))?;
        text.push(b'\n');
    }
    Ok(text)
}

fn csv(page: Page<Summary>, with_header: bool) -> Vec<u8> {
    let mut writer = keyferry_sheet::Writer::default();
    if with_header {
        writer.row(COLUMNS.map(|(name, _)| name));
    }
    for item in page.items {
        let item = SummaryBody::from(item);
        writer.row(COLUMNS.map(|(_, cell)| cell(&item).unwrap_or_default()));
    }
    for (id, reason) in page.broken {
        writer.row(COLUMNS.map(|(name, _)| match name {
            "id" => id.as_str(),
            "unreadable" => reason.as_str(),
            _ => "",
        }));
    }
    writer.take()
}
