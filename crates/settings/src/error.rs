//! Errors of settings.

use std::fmt;

/// A setting is missing or invalid. The message is meant for the administrator and contains no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError(pub String);

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingError {}

/// Marker: the reader has recorded an error. [`crate::Reader::finish`] returns it.
#[derive(Clone, Copy, Debug)]
pub struct ErrorRecorded;

/// Reason why a parser rejects a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// Invalid for this reason. Errors show it as `NAME: "text" is invalid: REASON`.
    Because(String),
    /// Invalid for this reason. The text may contain a password or a signature, so errors do not show it.
    Hidden(String),
    /// The text is valid but counts as not set, for example an empty list where at least one item is required.
    Nothing,
}

impl From<&str> for Invalid {
    fn from(why: &str) -> Self {
        Self::Because(why.to_owned())
    }
}

impl From<String> for Invalid {
    fn from(why: String) -> Self {
        Self::Because(why)
    }
}
