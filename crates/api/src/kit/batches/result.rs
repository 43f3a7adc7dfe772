//! Result of a batch: all rows, page by page, so that memory does not grow with their number.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use keyferry_domain::BatchId;
use keyferry_domain::ports::RowFilter;
use keyferry_engine::Engine;

use super::row::RowBody;
use crate::kit::problem::Problem;

/// Number of rows that are in memory at once.
const PAGE: u32 = 500;

/// Format of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResultFormat {
    /// CSV.
    Csv,
    /// One JSON object per line.
    JsonLines,
}

type Cell = fn(&RowBody) -> Option<String>;

/// Columns of the CSV file.
const COLUMNS: [(&str, Cell); 11] = [
    ("row", |it| Some(it.row.to_string())),
    ("row_key", |it| it.row_key.clone()),
    ("user_id", |it| Some(it.user_id.clone())),
    ("state", |it| Some(it.state.to_owned())),
    ("id", |it| it.id.clone()),
    ("shipment_id", |it| it.shipment_id.clone()),
    ("serial_number", |it| it.serial_number.clone()),
    ("tracking_number", |it| it.tracking_number.clone()),
    ("error_message", |it| it.error_message.clone()),
    ("findings", |it| {
        let findings = it.findings.iter().map(|found| format!("{} {}: {}", found.severity, found.code, found.message));
        Some(findings.collect::<Vec<_>>().join("; "))
    }),
    ("waits_for", |it| it.awaits_address.then(|| "address".to_owned())),
];

/// What is left to write.
struct Rest {
    engine: Engine,
    batch: BatchId,
    format: ResultFormat,
    after: u32,
    is_first: bool,
    is_done: bool,
}

/// Returns a response whose body is read from the store while it is sent. If the store fails on the way, the connection
/// is closed before the end of the body, so that the caller does not take a part for the whole.
///
/// # Errors
/// The first page could not be read.
pub(crate) async fn result(engine: &Engine, batch: BatchId, format: ResultFormat) -> Result<Response, Problem> {
    let mut rest = Rest { engine: engine.clone(), batch, format, after: 0, is_first: true, is_done: false };
    let first = rest.next().await?;
    let more = stream::try_unfold(rest, async |mut rest: Rest| {
        if rest.is_done {
            return Ok(None);
        }
        match rest.next().await {
            Ok(bytes) => Ok(Some((bytes, rest))),
            Err(_) => {
                tracing::warn!("could not read the rest of a batch; the response ends early");
                Err(std::io::Error::other("the store failed"))
            }
        }
    });
    let first = stream::once(async { Ok::<_, std::io::Error>(first) });
    let body = Body::from_stream(stream::StreamExt::chain(first, more));
    let (media_type, extension) = match format {
        ResultFormat::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
        ResultFormat::JsonLines => ("application/jsonl", "jsonl"),
    };
    let disposition = format!("attachment; filename=\"batch-{batch}.{extension}\"");
    let disposition = HeaderValue::try_from(disposition).map_err(|_| Problem::internal())?;
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(media_type)), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, body).into_response())
}

impl Rest {
    /// Reads the next page and returns its text.
    async fn next(&mut self) -> Result<Bytes, Problem> {
        let rows = self.engine.batches.rows(self.batch, &RowFilter::default(), self.after, PAGE).await?;
        self.is_done = rows.len() < PAGE as usize;
        self.after = rows.last().map_or(self.after, |row| row.row.row);
        let is_first = std::mem::replace(&mut self.is_first, false);
        let rows = rows.into_iter().map(RowBody::from);
        let text = match self.format {
            ResultFormat::Csv => {
                let mut writer = keyferry_sheet::Writer::default();
                if is_first {
                    writer.row(COLUMNS.map(|(name, _)| name));
                }
                for row in rows {
                    writer.row(COLUMNS.map(|(_, cell)| cell(&row).unwrap_or_default()));
                }
                writer.take()
            }
            ResultFormat::JsonLines => {
                let mut text = Vec::new();
                for row in rows {
                    serde_json::to_writer(&mut text, &row).map_err(|_| Problem::internal())?;
                    text.push(b'\n');
                }
                text
            }
        };
        Ok(text.into())
    }
}
