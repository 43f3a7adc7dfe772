//! Choice of the language.

use axum::http::HeaderMap;
use keyferry_pages::preferred_language;

use super::catalogue::Messages;
use super::{de, en};

/// Language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
}

impl Language {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::German];

    /// Returns the language that the browser's user prefers, or English.
    pub(crate) fn preferred(headers: &HeaderMap) -> Self {
        match preferred_language(headers, &["en", "de"]) {
            "de" => Self::German,
            _ => Self::English,
        }
    }

    /// Returns the texts.
    pub(crate) fn messages(self) -> &'static Messages {
        match self {
            Self::English => &en::MESSAGES,
            Self::German => &de::MESSAGES,
        }
    }
}
