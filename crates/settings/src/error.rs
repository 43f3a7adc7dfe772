//! What can be wrong with a setting.

use std::fmt;

/// A setting that is missing or invalid, in words for the administrator. Contains no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError(pub String);

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingError {}

/// The reader noted an error: see [`crate::Reader::finish`].
#[derive(Clone, Copy, Debug)]
pub struct Noted;

/// Why a parser rejects a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// For this reason, which continues "NAME is "text", but …".
    Because(String),
    /// For this reason. The text may contain a password or a signature, so that no error shows it.
    Hidden(String),
    /// It is a text that sets nothing, such as an empty list where one item is required.
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
