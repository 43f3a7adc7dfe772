//! Parsing of request bodies, with exact error messages.

use serde::de::DeserializeOwned;

use super::strict;
use crate::kit::problem::Problem;

/// Parses JSON. Unknown members are ignored: callers written for the original connector may send more members.
///
/// # Errors
/// 400 with the path of the invalid or missing member.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value = strict::parse(bytes)?;
    if !value.is_object() {
        return Err(Problem::validation("The request body must be a JSON object."));
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

/// Rewrites serde's "invalid type: sequence, expected a string" in terms of JSON.
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
