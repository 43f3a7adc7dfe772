//! Formats of a listing.

use axum::http::HeaderMap;

use crate::kit::accept;
use crate::kit::problem::Problem;

/// Format of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// One page as JSON.
    Json,
    /// All matching shipments as CSV.
    Csv,
    /// All matching shipments, one JSON object per line.
    JsonLines,
}

impl Format {
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::JsonLines => "application/jsonl",
        }
    }
}

/// Returns the most preferred format.
///
/// # Errors
/// 400 if the header accepts none of the formats.
pub(super) fn accepted(headers: &HeaderMap) -> Result<Format, Problem> {
    accept::preferred(
        headers,
        &[Format::Json, Format::Csv, Format::JsonLines].map(|format| (format.media_type(), format)),
    )
}
