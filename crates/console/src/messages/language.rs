//! Choice of the language.

use axum::http::{HeaderMap, header};

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

    /// Returns the language that the browser's user prefers, or English (`Accept-Language`, RFC 9110 section 12.5.4).
    pub(crate) fn preferred(headers: &HeaderMap) -> Self {
        let mut best = (Self::English, 0);
        for value in headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok()) {
            for range in value.split(',') {
                let mut parts = range.split(';').map(str::trim);
                let tag = parts.next().unwrap_or_default();
                let language = match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
                    "en" => Self::English,
                    "de" => Self::German,
                    _ => continue,
                };
                let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
                if weight > best.1 {
                    best = (language, weight);
                }
            }
        }
        best.0
    }

    /// Returns the texts.
    pub(crate) fn messages(self) -> &'static Messages {
        match self {
            Self::English => &en::MESSAGES,
            Self::German => &de::MESSAGES,
        }
    }
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
    fn follows_weights_and_falls_back_to_english() {
        let preferred = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, text.parse().unwrap());
            Language::preferred(&headers)
        };
        for german in ["de", "DE-at,en;q=0.8", "fr, de;q=0.3", "en;q=0.1, de;q=0.2", "en;q=0, de"] {
            assert_eq!(preferred(german), Language::German, "{german}");
        }
        for english in ["", "fr", "en,de", "de;q=0.5,en;q=0.9", "de;q=x", "*", "den"] {
            assert_eq!(preferred(english), Language::English, "{english}");
        }
        assert_eq!(Language::preferred(&HeaderMap::new()), Language::English);
    }
}
