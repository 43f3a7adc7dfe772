//! Languages of the mails to people.

/// Language in which Keyferry has texts for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Returns the primary language subtag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Returns the language of a tag such as `de-AT`. `None` for a language without texts.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primary_subtag_decides() {
        for german in ["de", "de-DE", "DE-at", "de_CH", " de"] {
            assert_eq!(Language::of_tag(german), Some(Language::German), "{german}");
        }
        assert_eq!(Language::of_tag("en-US"), Some(Language::English));
        for unknown in ["", "fr-FR", "deutsch", "-de", "x"] {
            assert_eq!(Language::of_tag(unknown), None, "{unknown}");
        }
    }
}
