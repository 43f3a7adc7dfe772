//! Content negotiation between browsers and programs.

use axum::http::{HeaderMap, header};

/// Returns whether the caller asked for HTML by name, as browsers do. `*/*` (curl, HTTP libraries) is no such wish.
pub(crate) fn html(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accept.flat_map(|value| value.split(',')).any(|kind| {
        let mut parts = kind.split(';').map(str::trim);
        let named = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"));
        named && !parts.any(|part| matches!(part, "q=0" | "q=0.0"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_browser_asks_for_html() {
        for (accept, wanted) in [
            ("text/html,application/xhtml+xml,*/*;q=0.8", true),
            ("*/*", false),
            ("application/json", false),
            ("text/html;q=0, application/json", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            assert_eq!(html(&headers), wanted, "{accept}");
        }
        assert!(!html(&HeaderMap::new()));
    }
}
