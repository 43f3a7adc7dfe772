//! Error response of the API.

use std::fmt;

use keyferry_http::clean;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Error response of the API: what happened, and what to do.
#[derive(Debug)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Origin of the error: `api_error`, `ye_error` or `idp_error`.
    pub code: String,
    /// What happened and what to do, for humans. One line.
    pub message: String,
    data: Map<String, Value>,
}

#[derive(Deserialize)]
struct Body {
    error_code: String,
    error_message: String,
    #[serde(default)]
    error_data: Option<Map<String, Value>>,
}

impl Problem {
    /// Returns the error in a response body; `None` if the body is not one of the API.
    pub(crate) fn parse(status: u16, body: &[u8]) -> Option<Self> {
        let Body { error_code, error_message, error_data } = serde_json::from_slice(body).ok()?;
        let (code, message) = (clean(&error_code), clean(&error_message));
        Some(Self { status, code, message, data: error_data.unwrap_or_default() })
    }

    /// Returns a member of `error_data` as text.
    pub fn data(&self, member: &str) -> Option<String> {
        match self.data.get(member)? {
            Value::Null => None,
            Value::String(text) => Some(clean(text)),
            other => Some(clean(&other.to_string())),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(field) = self.data("field").filter(|field| !self.message.contains(field.as_str())) {
            write!(f, " (field {field})")?;
        }
        if let Some(id) = self.data("shipment_id").filter(|id| !self.message.contains(id.as_str())) {
            write!(f, " (shipment {id})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_field_once() {
        let body = |message: &str| {
            format!(r#"{{"error_code":"api_error","error_message":"{message}","error_data":{{"field":"limit"}}}}"#)
        };
        let shown = |message: &str| Problem::parse(400, body(message).as_bytes()).unwrap().to_string();
        assert_eq!(shown("it is above 500"), "it is above 500 (field limit)");
        assert_eq!(shown("limit is above 500"), "limit is above 500");
    }

    #[test]
    fn other_bodies_are_not_problems() {
        for body in ["<html>", "{}", r#"{"error_code":"x"}"#, ""] {
            assert!(Problem::parse(502, body.as_bytes()).is_none(), "{body}");
        }
    }
}
