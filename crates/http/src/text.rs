//! Text from outside, made fit for a log line.

/// Longest text taken over from an answer, in characters.
const LONGEST: usize = 500;

/// Makes untrusted text fit for an error or a log line: control characters become spaces, runs of white space one
/// space, and what goes beyond 500 characters is cut with an ellipsis.
pub fn clean(text: &str) -> String {
    clean_to(text, LONGEST)
}

/// The same with another limit.
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

/// Characters that turn the direction of what a terminal shows (Unicode annex 9).
fn is_direction_override(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_cannot_forge_a_line_or_colour_a_terminal() {
        assert_eq!(clean("bad\r\nINFO  all is well\u{1b}[31m \u{202e}x"), "bad INFO all is well [31m x");
    }

    #[test]
    fn long_text_is_cut() {
        let cut = clean(&"ü".repeat(2_000));
        assert_eq!(cut.chars().count(), 501);
        assert!(cut.ends_with('…'));
        assert_eq!(clean(&"x".repeat(500)), "x".repeat(500));
    }
}
