//! Characters that are not visible, or that change the order in which text is shown.
//!
//! Two identifiers that differ only in such characters look the same, and a text with a bidirectional override is read
//! in another order than it is stored (Unicode technical report 36). Keyferry rejects them in identifiers. In names and
//! addresses it rejects those that no language needs. It escapes them where text is shown.

use std::borrow::Cow;
use std::fmt::Write as _;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, JoinControl, VariationSelector};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Returns whether the character is not visible: a control or format character (bidirectional controls among them), a
/// line or paragraph separator, or a character that Unicode lists as ignorable by default, such as a zero-width space.
pub fn is_invisible(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    ) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Returns whether the character hides text or changes its order: an [invisible](is_invisible) one that names and
/// addresses do not need.
///
/// They need joiners (Persian and Indic scripts, emoji), variation selectors (Japanese names, Mongolian, emoji) and
/// directional marks, which Hebrew and Arabic text contains beside digits and punctuation. These select the shape of
/// their neighbours, or the direction of neutral ones. They do not reorder letters, unlike embeddings, overrides and
/// isolates.
pub fn is_deceptive(c: char) -> bool {
    let is_directional_mark = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}');
    is_invisible(c)
        && !is_directional_mark
        && !CodePointSetData::new::<JoinControl>().contains(c)
        && !CodePointSetData::new::<VariationSelector>().contains(c)
}

/// Returns whether the text shows nothing: only white space and invisible characters, or no characters.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// Returns the first invisible character.
pub fn first_invisible(text: &str) -> Option<char> {
    text.chars().find(|c| is_invisible(*c))
}

/// Escapes invisible characters for display, for example as `\u{202e}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    escape(text, is_invisible, push_escaped)
}

/// Escapes invisible characters in a displayed text of several lines. Line feeds stay.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| c != '\n' && is_invisible(c), push_escaped)
}

/// Escapes invisible characters in serialised JSON as `\u202e`. The result is the same JSON, because outside of ASCII
/// they occur in strings only.
pub fn visible_json(json: &str) -> Cow<'_, str> {
    escape(
        json,
        |c| !c.is_ascii() && is_invisible(c),
        |out, c| {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        },
    )
}

/// Appends the escape of a character, for example `\u{202e}`.
pub fn push_escaped(out: &mut String, c: char) {
    out.extend(c.escape_unicode());
}

fn escape(text: &str, hides: impl Fn(char) -> bool, push: impl Fn(&mut String, char)) -> Cow<'_, str> {
    let Some(first) = text.find(&hides) else { return Cow::Borrowed(text) };
    let mut out = text[..first].to_owned();
    for c in text[first..].chars() {
        if hides(c) { push(&mut out, c) } else { out.push(c) }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The characters with the property `Bidi_Control` (Unicode `PropList.txt`), some with
    /// `Default_Ignorable_Code_Point` (`DerivedCoreProperties.txt`), and the separators.
    #[test]
    fn bidirectional_and_ignorable_characters_are_invisible() {
        let bidi = ['\u{61c}', '\u{200e}', '\u{200f}'].into_iter().chain('\u{202a}'..='\u{202e}');
        let ignorable = ['\u{ad}', '\u{34f}', '\u{115f}', '\u{180e}', '\u{200b}', '\u{2060}', '\u{3164}', '\u{fe0f}'];
        let more = ['\u{feff}', '\u{ffa0}', '\u{e0001}', '\u{e0100}', '\u{2028}', '\u{2029}', '\0', '\n', '\u{85}'];
        for c in bidi.chain('\u{2066}'..='\u{2069}').chain(ignorable).chain(more) {
            assert!(is_invisible(c), "{c:?}");
        }
        for c in "aZ09 '.-_!#^~@+üßéł東عא😀\u{301}\u{a0}".chars() {
            assert!(!is_invisible(c), "{c:?}");
        }
    }

    /// The characters that names may contain have the properties `Join_Control` or `Variation_Selector`, or are the
    /// marks (`Bidi_Control` with bidirectional class L, R or AL).
    #[test]
    fn marks_joiners_and_variation_selectors_are_not_deceptive() {
        let marks = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{200c}', '\u{200d}', '\u{180b}', '\u{fe0f}', '\u{e0100}'];
        for c in marks {
            assert!(is_invisible(c) && !is_deceptive(c), "{c:?}");
        }
        let reordering = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}');
        let hidden = ['\u{200b}', '\u{2060}', '\u{feff}', '\u{ad}', '\u{180e}', '\u{3164}', '\u{2028}', '\u{7}'];
        for c in reordering.chain(hidden).chain('\u{e0000}'..='\u{e007f}') {
            assert!(is_deceptive(c), "{c:?}");
        }
        assert!(!"אב ab é".chars().any(is_deceptive));
    }

    #[test]
    fn text_without_a_visible_character_is_blank() {
        assert!(is_blank("") && is_blank(" \u{a0}\n") && is_blank("\u{200f} \u{200d}\u{3164}"));
        assert!(!is_blank("\u{200f}א"));
    }

    #[test]
    fn escapes_what_is_invisible_and_nothing_else() {
        assert_eq!(visible("Ada \u{202e}elpmaxe\u{e0061}"), "Ada \\u{202e}elpmaxe\\u{e0061}");
        assert_eq!(visible("a\nb"), "a\\u{a}b");
        assert_eq!(visible_lines("a\u{1b}[2K\nb\u{200b}"), "a\\u{1b}[2K\nb\\u{200b}");
        assert!(matches!(visible("Jürgen Weiß"), Cow::Borrowed("Jürgen Weiß")));
    }

    #[test]
    fn escaped_json_is_the_same_json() {
        let value = serde_json::json!({ "user\u{200f}": "ada\u{202e}\u{e0061}\n\"ü\"" });
        let text = value.to_string();
        let escaped = visible_json(&text);
        assert_eq!(escaped, r#"{"user\u200f":"ada\u202e\udb40\udc61\n\"ü\""}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }
}
