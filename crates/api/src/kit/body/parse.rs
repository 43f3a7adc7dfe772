//! Parsing of request bodies, with exact error messages.

use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::strict;
use super::unknown::Unknown;
use crate::kit::problem::Problem;
use crate::settings::UnknownMembers;

/// Parses JSON, and finds the members that `T` does not have. By default they are only reported: callers written for
/// the original connector may send more members.
///
/// # Errors
/// 400 with the path of the invalid, missing or unknown member.
pub(crate) fn parse<T: DeserializeOwned + ToSchema + 'static>(
    bytes: &[u8],
    treatment: UnknownMembers,
) -> Result<(T, Unknown), Problem> {
    parse_value(strict::parse(bytes)?, treatment)
}

/// Parses a JSON value like [`parse`].
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_value<T: DeserializeOwned + ToSchema + 'static>(
    value: Value,
    treatment: UnknownMembers,
) -> Result<(T, Unknown), Problem> {
    if !value.is_object() {
        return Err(Problem::validation("The request body must be a JSON object."));
    }
    // First, because a misspelt required member would otherwise be reported as missing, without a suggestion.
    let unknown = Unknown::find::<T>(&value, treatment)?;
    let parsed = serde_path_to_error::deserialize(value).map_err(|error| {
        let words = error.inner().to_string();
        let path = error.path().to_string();
        let problem = match words.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
            Some(member) => {
                let field = if path == "." { member.to_owned() } else { format!("{path}.{member}") };
                Problem::field(&field, format!("`{field}` is missing"))
            }
            None => Problem::field(&path, format!("`{path}`: {}", plain(&words))),
        };
        unknown.report_on(problem)
    })?;
    Ok((parsed, unknown))
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
