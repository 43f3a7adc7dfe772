//! Choice of the format, from the `Accept` header (RFC 9110 section 12.5.1).

use axum::http::{HeaderMap, header};

use crate::kit::parameters::invalid;
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

/// Returns the most preferred format. JSON without a header, and if several are equally preferred.
///
/// # Errors
/// 400 if the header accepts none of the formats.
pub(super) fn accepted(headers: &HeaderMap) -> Result<Format, Problem> {
    let values: Vec<_> = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let accept = values.join(",");
    if accept.trim().is_empty() {
        return Ok(Format::Json);
    }
    let weighted = [Format::Json, Format::Csv, Format::JsonLines].map(|format| (weight(&accept, format), format));
    // `max_by` returns the last of equal elements.
    match weighted.into_iter().rev().max_by(|(one, _), (other, _)| one.total_cmp(other)) {
        Some((weight, format)) if weight > 0.0 => Ok(format),
        _ => Err(invalid("Accept", "application/json, text/csv or application/jsonl", &accept)),
    }
}

/// Returns the weight of a format: that of the most specific range that contains it. 0 if there is none.
fn weight(accept: &str, format: Format) -> f32 {
    let media_type = format.media_type();
    let (kind, _) = media_type.split_once('/').unwrap_or_default();
    let mut best = (0, 0.0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let specificity = match name.as_str() {
            "*/*" => 1,
            name if name.strip_suffix("/*") == Some(kind) => 2,
            name if name == media_type => 3,
            _ => continue,
        };
        let quality = parts.filter_map(|parameter| parameter.split_once('=')).find(|(name, _)| name.trim() == "q");
        let quality = quality.map_or(1.0, |(_, value)| value.trim().parse().unwrap_or(0.0));
        if specificity > best.0 {
            best = (specificity, quality);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn chosen(accept: &'static str) -> Option<Format> {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
        accepted(&headers).ok()
    }

    #[test]
    fn most_preferred_format_is_chosen() {
        for (accept, format) in [
            ("", Format::Json),
            ("*/*", Format::Json),
            ("text/html, application/*;q=0.9, */*;q=0.1", Format::Json),
            ("text/csv", Format::Csv),
            ("Text/CSV; charset=utf-8; q=0.5", Format::Csv),
            ("text/*", Format::Csv),
            ("application/json;q=0.5, text/csv;q=0.8", Format::Csv),
            ("application/jsonl", Format::JsonLines),
            ("application/json;q=0, application/*", Format::JsonLines),
            ("application/json, application/jsonl, text/csv", Format::Json),
        ] {
            assert_eq!(chosen(accept), Some(format), "{accept}");
        }
        for accept in ["text/html", "application/xml", "text/csv;q=0", "*/*;q=x"] {
            assert_eq!(chosen(accept), None, "{accept}");
        }
        assert_eq!(accepted(&HeaderMap::new()).ok(), Some(Format::Json));
    }
}
