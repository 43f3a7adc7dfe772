//! Choice of a media type, from the `Accept` header (RFC 9110 section 12.5.1).

use axum::http::{HeaderMap, header};

use crate::kit::parameters::invalid;
use crate::kit::problem::Problem;

/// Returns the most preferred of the offered formats. The first one without a header, and of those that are equally
/// preferred.
///
/// # Errors
/// 400 if the header accepts none of them.
pub(crate) fn preferred<T: Copy>(headers: &HeaderMap, offered: &[(&str, T)]) -> Result<T, Problem> {
    let values: Vec<_> = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let accept = values.join(",");
    let accept = if accept.trim().is_empty() { "*/*" } else { accept.as_str() };
    // `max_by` returns the last of equal elements.
    let weighted = offered.iter().rev().map(|(media_type, format)| (weight(accept, media_type), *format));
    match weighted.max_by(|(one, _), (other, _)| one.total_cmp(other)) {
        Some((weight, format)) if weight > 0.0 => Ok(format),
        _ => {
            let names: Vec<_> = offered.iter().map(|(media_type, _)| *media_type).collect();
            let (last, first) = names.split_last().unwrap_or((&"", &[]));
            Err(invalid("Accept", &format!("{} or {last}", first.join(", ")), accept))
        }
    }
}

/// Returns the weight of a media type: that of the most specific range that contains it. 0 if there is none.
fn weight(accept: &str, media_type: &str) -> f32 {
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

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Format {
        Json,
        Csv,
        JsonLines,
    }

    const OFFERED: [(&str, Format); 3] =
        [("application/json", Format::Json), ("text/csv", Format::Csv), ("application/jsonl", Format::JsonLines)];

    fn chosen(accept: &'static str) -> Option<Format> {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
        preferred(&headers, &OFFERED).ok()
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
        assert_eq!(preferred(&HeaderMap::new(), &OFFERED).ok(), Some(Format::Json));
    }
}
