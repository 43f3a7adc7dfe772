//! Parameters and request body.

use axum::http::{HeaderMap, Uri, header};
use keyferry_sheet::{Format, Mapping};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::kit::batches::{BatchMapping, BatchRow};
use crate::kit::parameters::Parameters;
use crate::kit::problem::Problem;

/// Longest name of a batch, in characters.
const LONGEST_NAME: usize = 100;

/// Rows in JSON.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CreateBatch {
    /// Name of the batch, for humans.
    #[schema(example = "Berlin, December", max_length = 100, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) name: Option<String>,
    /// What the members of the rows mean, as for the columns of a file. Not needed for rows like the body of Queue
    /// order.
    #[schema(value_type = Option<BatchMapping>)]
    pub(super) mapping: Option<Value>,
    /// Rows: orders as the body of Queue order, or flat objects. `row_key` is the key of the row.
    #[schema(value_type = Vec<BatchRow>, min_items = 1, max_items = 1000)]
    pub(super) rows: Vec<Map<String, Value>>,
}

/// Media type of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// File.
    File(Format),
    /// Rows in one JSON document.
    Json,
}

/// Returns the media type.
///
/// # Errors
/// 400 for any other one.
pub(super) fn media(headers: &HeaderMap) -> Result<Media, Problem> {
    let text = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    let essence = text.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "text/csv" | "text/tab-separated-values" => Ok(Media::File(Format::Csv)),
        "application/jsonl" | "application/x-ndjson" | "application/x-jsonlines" => Ok(Media::File(Format::JsonLines)),
        "application/json" => Ok(Media::Json),
        _ => {
            let message = format!(
                "Content-Type must be text/csv, application/jsonl or application/json, but is {:?}.",
                keyferry_http::clean(text.unwrap_or_default())
            );
            Err(Problem::validation(message))
        }
    }
}

/// Returns name and mapping of the query.
///
/// # Errors
/// 400 for an invalid parameter.
pub(super) fn parameters(uri: &Uri) -> Result<(String, Mapping), Problem> {
    let parameters = Parameters::of_query(uri, &["name", "mapping"])?;
    let given = parameters.get("mapping").map(|text| {
        serde_json::from_str(text).map_err(|error| {
            let message = format!("`mapping`: {}", keyferry_http::clean(&error.to_string()));
            Problem::field("mapping", message)
        })
    });
    Ok((name(parameters.get("name"))?, given.transpose()?.unwrap_or_default()))
}

/// Returns the mapping of the body.
///
/// # Errors
/// 400 if it is invalid.
pub(super) fn mapping(value: Option<Value>) -> Result<Mapping, Problem> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(Mapping::default()) };
    serde_json::from_value(value).map_err(|error| {
        let message = format!("`mapping`: {}", keyferry_http::clean(&error.to_string()));
        Problem::field("mapping", message)
    })
}

/// Checks the name.
///
/// # Errors
/// 400 if it is too long or not on one line.
pub(super) fn name(text: Option<&str>) -> Result<String, Problem> {
    let text = text.unwrap_or_default().trim();
    if text.chars().any(char::is_control) || text.chars().count() > LONGEST_NAME {
        let message = format!("`name`: expected at most {LONGEST_NAME} characters on one line");
        return Err(Problem::field("name", message));
    }
    Ok(text.to_owned())
}
