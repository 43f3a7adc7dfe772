//! Choice of the language.

use axum::http::{HeaderMap, header};

/// Returns the language of `known` that the browser's user prefers, or else the first one (`Accept-Language`, RFC 9110
/// section 12.5.4). `known` contains primary language subtags, for example `en`.
pub fn preferred_language(headers: &HeaderMap, known: &[&'static str]) -> &'static str {
    let mut best = (known.first().copied().unwrap_or_default(), 0);
    for value in headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok()) {
        for range in value.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default();
            let primary = tag.split('-').next().unwrap_or_default();
            let Some(language) = known.iter().find(|known| known.eq_ignore_ascii_case(primary)) else { continue };
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
            if weight > best.1 {
                best = (language, weight);
            }
        }
    }
    best.0
}

/// Returns a weight of at most three digits after the point in thousandths. 0 if it is invalid.
fn thousandths(weight: &str) -> u32 {
    let weight: f32 = weight.parse().unwrap_or_default();
    (0..=1000).rev().find(|thousandths| *thousandths as f32 / 1000.0 <= weight).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_weights_and_falls_back_to_the_first() {
        let preferred = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, text.parse().unwrap());
            preferred_language(&headers, &["en", "de"])
        };
        for german in ["de", "DE-at,en;q=0.8", "fr, de;q=0.3", "en;q=0.1, de;q=0.2", "en;q=0, de"] {
            assert_eq!(preferred(german), "de", "{german}");
        }
        for english in ["", "fr", "en,de", "de;q=0.5,en;q=0.9", "de;q=x", "*", "den"] {
            assert_eq!(preferred(english), "en", "{english}");
        }
        assert_eq!(preferred_language(&HeaderMap::new(), &["en", "de"]), "en");
    }
}
