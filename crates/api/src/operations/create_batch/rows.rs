//! Storing of the rows.

use std::time::Duration;

use axum::body::Body;
use futures::StreamExt as _;
use keyferry_domain::Batch;
use keyferry_engine::{Completion, Upload};
use keyferry_sheet::{JsonRows, Options, Reader, Repeats, Row, RowFinding};
use serde_json::{Map, Value};

use crate::kit::batches::{columns, later, options, rejected_file, upload_row, warnings};
use crate::kit::problem::Problem;
use crate::settings::UnknownMembers;

/// Time within which the next part of the file must arrive.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Largest file, in bytes.
const LARGEST: usize = 256 * 1024 * 1024;

/// Stores the rows of a file while it arrives.
pub(super) async fn store_file(
    upload: &mut Upload,
    mut reader: Reader,
    body: Body,
    reading: Reading,
) -> Result<Batch, Problem> {
    let (mut stream, mut size) = (body.into_data_stream(), 0);
    loop {
        let part = match tokio::time::timeout(TIMEOUT, stream.next()).await {
            Ok(Some(Ok(part))) => part,
            Ok(None) => break,
            Ok(Some(Err(_))) => {
                return Err(Problem::validation("The connection was interrupted. Nothing was stored."));
            }
            Err(_) => {
                let seconds = TIMEOUT.as_secs();
                let message = format!("No part of the file arrived within {seconds} s. Nothing was stored.");
                return Err(Problem::validation(message));
            }
        };
        size += part.len();
        if size > LARGEST {
            let message = format!("The file is larger than {LARGEST} bytes. Divide it into several files.");
            return Err(Problem::validation(message));
        }
        let rows = reader.push(&part).map_err(|error| rejected_file(&error))?;
        add(upload, rows, reading).await?;
    }
    let rows = reader.finish().map_err(|error| rejected_file(&error))?;
    add(upload, rows, reading).await?;
    let later = later(reader.repeated_keys());
    Ok(upload.finish(columns(reader.columns()), warnings(&reader), later).await?)
}

/// Stores rows in JSON.
pub(super) async fn store_json(
    upload: &mut Upload,
    mut reader: JsonRows,
    rows: Vec<Map<String, Value>>,
    reading: Reading,
) -> Result<Batch, Problem> {
    let (mut repeats, mut repeated) = (Repeats::default(), Vec::new());
    for (number, row) in (1..).zip(rows) {
        let mut row = reader.row(number, Value::Object(row));
        if let Some(first) = row.key.as_deref().and_then(|key| repeats.first(key, number)) {
            repeated.push((first, number));
            row.findings.push(RowFinding::repeated_key(first));
        }
        add(upload, vec![row], reading).await?;
    }
    Ok(upload.finish(columns(Some(reader.columns())), Vec::new(), later(&repeated)).await?)
}

async fn add(upload: &mut Upload, rows: Vec<Row>, reading: Reading) -> Result<(), Problem> {
    for row in rows {
        upload.add(upload_row(row, reading.unknown_members, reading.completion)).await?;
    }
    Ok(())
}

/// How rows are read.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    pub(super) unknown_members: UnknownMembers,
    pub(super) completion: Completion,
}

impl Reading {
    /// Returns how files are read.
    pub(super) fn options(self) -> Options {
        options(self.completion)
    }
}
