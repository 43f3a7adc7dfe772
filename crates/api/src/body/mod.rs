//! Reading a request's body: bounded in size, time and depth, and exact about what is wrong with it.

mod integer;
mod object;
mod strict;

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;

pub(crate) use integer::Integer;
pub(crate) use object::{object, optional_object};

use crate::problem::Problem;

/// The largest body, in bytes.
pub(crate) const LARGEST: usize = 64 * 1024;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// The whole body.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    check_media_type(headers)?;
    match tokio::time::timeout(PATIENCE, to_bytes(body, LARGEST)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => {
            let message = format!("expected a body of at most {LARGEST} bytes, but more came or the connection broke");
            Err(Problem::validation(message))
        }
        Err(_) => {
            let message = format!("expected the whole body within {} s", PATIENCE.as_secs());
            Err(Problem::validation(message))
        }
    }
}

/// `application/json` (RFC 8259 section 11), or nothing said.
fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    let message = format!("expected Content-Type application/json, but got {:?}", keyferry_http::clean(text));
    Err(Problem::validation(message))
}

/// Reads JSON. Members that `T` does not know are ignored, as a drop-in replacement must.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value = strict::parse(bytes)?;
    if !value.is_object() {
        return Err(Problem::validation("expected the body to be a JSON object"));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let words = error.inner().to_string();
        let path = error.path().to_string();
        match words.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
            Some(member) => {
                let field = if path == "." { member.to_owned() } else { format!("{path}.{member}") };
                Problem::field(&field, format!("`{field}` is missing"))
            }
            None => Problem::field(&path, format!("`{path}`: {}", plain(&words))),
        }
    })
}

/// serde's "invalid type: sequence, expected a string" in JSON's words.
fn plain(words: &str) -> String {
    let Some((came, expected)) = words
        .strip_prefix("invalid type: ")
        .or_else(|| words.strip_prefix("invalid value: "))
        .and_then(|rest| rest.rsplit_once(", expected "))
    else {
        return keyferry_http::clean(words);
    };
    let came = match came {
        "map" => "an object",
        "sequence" => "an array",
        other => other,
    };
    let expected = if expected == "a sequence" { "an array" } else { expected };
    let came: String = came.chars().take(100).collect();
    keyferry_http::clean(&format!("expected {expected}, but got {came}"))
}
