//! Strings whose JSON type is not documented.

use std::collections::BTreeSet;
use std::fmt;

use keyferry_http::clean;
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A text that is encoded as a string, an integer or null. Null and blank strings count as missing.
///
/// inferred: the JSON type of serial numbers and codes is not documented. All samples show strings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text(Option<String>);

impl Text {
    /// Returns the text without leading and trailing white space, or `None` if it is missing.
    pub(super) fn into_option(self) -> Option<String> {
        self.0
    }

    /// Returns the text without control characters, truncated to `limit` characters, so that it can be shown and
    /// stored.
    pub(super) fn cleaned(self, limit: usize) -> Option<String> {
        self.0.map(|text| clean(&text).chars().take(limit).collect())
    }

    /// Returns `self` unless it is missing, otherwise `other`.
    pub(super) fn or(self, other: Self) -> Self {
        if self.0.is_some() { self } else { other }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let text = text.trim();
        Self((!text.is_empty()).then(|| text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an integer")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text::from(text))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Text, E> {
        Ok(Text(Some(number.to_string())))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Text, E> {
        Ok(Text(Some(number.to_string())))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Text, E> {
        Ok(Text::default())
    }
}

/// A text that only informs operators. It is parsed from any JSON value: a string or a number is the text, every other
/// value is unreadable.
///
/// Use it only for members on which no decision depends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Info {
    text: Text,
    unreadable: bool,
}

impl Info {
    /// Returns the text. If it is unreadable, adds `member` to `unreadable` and returns a missing text.
    pub(super) fn read(self, member: &'static str, unreadable: &mut BTreeSet<&'static str>) -> Text {
        if self.unreadable {
            unreadable.insert(member);
        }
        self.text
    }
}

impl<'de> Deserialize<'de> for Info {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Only a raw value accepts all of JSON: deserializing it directly fails for numbers out of range, for lone
        // surrogates and below 128 levels, and the rest of the response could then not be read.
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let json = raw.get();
        Ok(match serde_json::from_str(json) {
            Ok(text) => Self { text, unreadable: false },
            Err(_) if json.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                Self { text: Text(Some(json.to_owned())), unreadable: false }
            }
            Err(_) => Self { text: Text::default(), unreadable: true },
        })
    }
}

/// A list of texts that is encoded as an array, a single string or null. Blank entries are dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Texts(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of strings, or one string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Texts, E> {
        TextVisitor.visit_str(text).map(|text| Texts(text.0.into_iter().collect()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Texts, E> {
        Ok(Texts::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Texts, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = elements.next_element::<Text>()? {
            texts.extend(text.0);
        }
        Ok(Texts(texts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_text_from_string_or_integer() {
        let read = |json| serde_json::from_str::<Text>(json).unwrap().into_option();
        assert_eq!(read("\"3632071\""), Some("3632071".into()));
        assert_eq!(read("3632071"), Some("3632071".into()));
        assert_eq!(read("-1"), Some("-1".into()));
        for absent in ["null", "\"\"", "\" \""] {
            assert_eq!(read(absent), None, "{absent}");
        }
        for bad in ["1.5", "true", "[]", "{}"] {
            assert!(serde_json::from_str::<Text>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn information_is_parsed_from_any_value() {
        let read = |json: &str| {
            let mut unreadable = BTreeSet::new();
            let text = serde_json::from_str::<Info>(json).unwrap().read("m", &mut unreadable).into_option();
            (text, unreadable.contains("m"))
        };
        for (json, text) in [("\"5.7\"", "5.7"), ("5.7", "5.7"), ("7", "7"), ("-1", "-1"), ("1e400", "1e400")] {
            assert_eq!(read(json), (Some(text.to_owned()), false), "{json}");
        }
        for json in ["null", "\"\"", " \" \" "] {
            assert_eq!(read(json), (None, false), "{json}");
        }
        let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
        for json in ["true", "[\"a\"]", "{\"a\":1,\"a\":2}", "\"\\ud800\"", &deep] {
            assert_eq!(read(json), (None, true), "{json}");
        }
    }

    #[test]
    fn parses_texts_from_array_or_string() {
        let read = |json| serde_json::from_str::<Texts>(json).unwrap().0;
        assert_eq!(read(r#"["a", null, "", "b"]"#), ["a", "b"]);
        assert_eq!(read(r#""a""#), ["a"]);
        assert!(read("null").is_empty());
        assert!(serde_json::from_str::<Texts>(r#"[["a"]]"#).is_err());
    }

    #[test]
    fn cleaned_text_is_truncated_and_has_no_control_characters() {
        let text: Text = serde_json::from_str(r#""a\r\nb\u001b[1mc""#).unwrap();
        assert_eq!(text.cleaned(5).as_deref(), Some("a b ["));
    }
}
