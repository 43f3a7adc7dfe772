//! Parameters of a request, form-encoded.

use std::collections::HashMap;

use url::form_urlencoded;

use super::refusal::Refusal;

/// Parameters of a request. A parameter without a value counts as omitted (RFC 6749 section 3.1).
#[derive(Clone, Default)]
pub(super) struct Form(HashMap<String, String>);

impl Form {
    /// Parses a body or a query string.
    pub(super) fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// Sets a parameter.
    pub(super) fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    /// Returns a parameter.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns a required parameter.
    pub(super) fn need(&self, name: &'static str) -> Result<&str, Refusal> {
        self.given(name).ok_or(Refusal::ParameterMissing { name })
    }
}
