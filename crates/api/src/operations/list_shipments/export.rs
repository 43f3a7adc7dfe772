//! Export of all matching shipments.

use std::io;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use keyferry_domain::ports::{Page, ShipmentFilter, ShipmentSort, Summary};
use keyferry_engine::Engine;
use serde_json::json;

use super::format::Format;
use crate::kit::problem::Problem;
use crate::kit::shipments::SummaryBody;

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
    let (media_type, file) = match format {
        Format::Csv => ("text/csv; charset=utf-8; header=present", "attachment; filename=\"shipments.csv\""),
        Format::Json | Format::JsonLines => ("application/jsonl", "attachment; filename=\"shipments.jsonl\""),
    };
    let parts = keyferry_listing::export(engine, filter, sort, move |page, is_first| match format {
        Format::Csv => Ok(keyferry_listing::csv(page, is_first)),
        Format::Json | Format::JsonLines => json_lines(page),
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(file)),
    ];
    Ok((headers, Body::from_stream(parts.await?)).into_response())
}

fn json_lines(page: Page<Summary>) -> io::Result<Vec<u8>> {
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
