//! List of users whose properties start with a text. The other filters of Graph are not understood.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::call::Call;
use super::error::GraphError;
use super::get_user::{DEFAULT, properties};

/// Number of users without `$top`, and with the largest one, as documented.
const PAGE: usize = 100;
const LARGEST: usize = 999;

/// `GET /users`, with `$filter` of `startswith` joined by `or`, `$select` and `$top`.
pub(super) fn list(call: &Call) -> Result<Response, GraphError> {
    let conditions = call.parameter("$filter").map(conditions).transpose()?.unwrap_or_default();
    let top = match call.parameter("$top") {
        None => PAGE,
        Some(text) => text.parse().ok().filter(|top| (1..=LARGEST).contains(top)).ok_or_else(|| invalid("$top"))?,
    };
    let select = call.parameter("$select").unwrap_or(DEFAULT);
    let directory = call.graph.directory.lock();
    let mut value = Vec::new();
    for user in directory.users.iter() {
        if value.len() == top {
            break;
        }
        let names: Vec<_> = conditions.iter().map(|(property, _)| property.as_str()).collect();
        let searched = properties(user, &names.join(","))?;
        let starts = |(property, text): &(String, String)| {
            let found = searched.get(property).and_then(Value::as_str).unwrap_or_default();
            found.to_lowercase().starts_with(text)
        };
        if conditions.is_empty() || conditions.iter().any(starts) {
            value.push(Value::Object(properties(user, select)?));
        }
    }
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), json!(call.context(&format!("users({select})"))));
    body.insert("value".to_owned(), Value::Array(value));
    Ok(Json(body).into_response())
}

/// Reads the conditions: property, and text in lower case.
fn conditions(filter: &str) -> Result<Vec<(String, String)>, GraphError> {
    let (mut conditions, mut rest) = (Vec::new(), filter);
    loop {
        let inner = rest.strip_prefix("startswith(").ok_or_else(|| invalid(rest))?;
        let (property, quoted) = inner.split_once(",'").ok_or_else(|| invalid(rest))?;
        let (text, after) = string(quoted).ok_or_else(|| invalid(rest))?;
        conditions.push((property.trim().to_owned(), text.to_lowercase()));
        let after = after.strip_prefix(')').ok_or_else(|| invalid(after))?;
        match after.strip_prefix(" or ") {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(conditions),
            None => return Err(invalid(after)),
        }
    }
}

/// Returns the text up to the quotation mark that ends it, and the rest. A doubled one is part of the text.
fn string(quoted: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                chars.next();
                text.push('\'');
            }
            '\'' => return Some((text, &quoted[at + 1..])),
            c => text.push(c),
        }
    }
    None
}

/// The text is the sandbox's own.
fn invalid(what: &str) -> GraphError {
    let message = format!("Invalid filter clause: {what}");
    GraphError::new(StatusCode::BAD_REQUEST, "Request_UnsupportedQuery", message)
}
