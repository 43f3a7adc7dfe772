//! Sanitizing of untrusted text for log lines and errors.

use keyferry_domain::text::{is_deceptive, push_escaped};

/// Longest text, in characters.
const LONGEST: usize = 500;

/// Sanitizes untrusted text for an error or a log line.
///
/// Each run of white space and control characters becomes one space. Other characters that hide or reorder text
/// ([`is_deceptive`]) are escaped, for example as `\u{202e}`. Text of more than 500 characters is truncated, with an
/// ellipsis.
pub fn clean(text: &str) -> String {
    clean_to(text, LONGEST)
}

/// Does the same as [`clean`] with another limit, in characters.
pub(crate) fn clean_to(text: &str, longest: usize) -> String {
    let mut clean = String::new();
    let mut length = 0;
    let mut gap = false;
    let mut escaped = String::new();
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            gap = true;
            continue;
        }
        escaped.clear();
        if is_deceptive(c) {
            push_escaped(&mut escaped, c);
        } else {
            escaped.push(c);
        }
        let more = escaped.chars().count();
        if length + usize::from(gap) + more > longest {
            clean.push('…');
            break;
        }
        if gap && !clean.is_empty() {
            clean.push(' ');
            length += 1;
        }
        gap = false;
        clean.push_str(&escaped);
        length += more;
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_control_characters() {
        assert_eq!(clean("bad\r\nINFO  all is well\u{1b}[31m x"), "bad INFO all is well [31m x");
    }

    #[test]
    fn escapes_deceptive_characters() {
        assert_eq!(clean("\u{202e}evE\u{2069} \u{200b}"), "\\u{202e}evE\\u{2069} \\u{200b}");
        assert_eq!(clean("(שרה\u{200f})"), "(שרה\u{200f})");
        assert_eq!(clean("👩\u{200d}💻 ❤\u{fe0f} می\u{200c}خواهم"), "👩\u{200d}💻 ❤\u{fe0f} می\u{200c}خواهم");
        assert_eq!(clean(&"\u{202e}".repeat(500)).chars().count(), 62 * 8 + 1);
    }

    #[test]
    fn truncates_long_text() {
        let cut = clean(&"ü".repeat(2_000));
        assert_eq!(cut.chars().count(), 501);
        assert!(cut.ends_with('…'));
        assert_eq!(clean(&"x".repeat(500)), "x".repeat(500));
    }
}
