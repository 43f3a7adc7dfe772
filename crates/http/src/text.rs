//! Sanitizing of untrusted text for log lines and errors.

/// Longest text, in characters.
const LONGEST: usize = 500;

/// Sanitizes untrusted text for an error or a log line.
///
/// Each run of white space, control characters and direction overrides becomes one space. Text of more than 500
/// characters is truncated, with an ellipsis.
pub fn clean(text: &str) -> String {
    clean_to(text, LONGEST)
}

/// Does the same as [`clean`] with another limit, in characters.
pub(crate) fn clean_to(text: &str, longest: usize) -> String {
    let mut clean = String::new();
    let mut length = 0;
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() || is_direction_override(c) {
            gap = true;
            continue;
        }
        if length + usize::from(gap) >= longest {
            clean.push('…');
            break;
        }
        if gap && !clean.is_empty() {
            clean.push(' ');
            length += 1;
        }
        gap = false;
        clean.push(c);
        length += 1;
    }
    clean
}

/// Returns whether the character changes the text direction in a terminal (Unicode annex 9).
fn is_direction_override(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_control_characters() {
        assert_eq!(clean("bad\r\nINFO  all is well\u{1b}[31m \u{202e}x"), "bad INFO all is well [31m x");
    }

    #[test]
    fn truncates_long_text() {
        let cut = clean(&"ü".repeat(2_000));
        assert_eq!(cut.chars().count(), 501);
        assert!(cut.ends_with('…'));
        assert_eq!(clean(&"x".repeat(500)), "x".repeat(500));
    }
}
