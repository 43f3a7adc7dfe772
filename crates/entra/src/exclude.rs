//! The ids in `excludeCredentials`, of which Graph has written three encodings over the years.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What the id may stand for, each as base64url without padding: one candidate, two where the text can be read both
/// ways, none where it can be read in no way.
///
/// 1. Base64 with `=` (seen in 2024).
/// 2. base64url with the number of padding characters as a last digit (.NET's `UrlTokenEncode`, documented 2024-08).
/// 3. base64url without padding (v1.0 documentation, 2026-04).
pub(crate) fn candidates(id: &str) -> Vec<String> {
    let plain = id.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let is_form_1 = id.contains(['=', '+', '/']);
    let mut candidates = Vec::new();
    // The strict decoder also asks that unused bits are zero, which no digit 2 leaves: only a digit 1 stays ambiguous.
    if is_canonical(&plain) {
        candidates.push(plain.clone());
    }
    if !is_form_1 && let Some(body) = without_digit(&plain) {
        candidates.push(body.to_owned());
    }
    candidates
}

/// The text before a last digit that matches its length.
fn without_digit(text: &str) -> Option<&str> {
    let (body, padding) = match text.as_bytes().last()? {
        b'0' => (text.strip_suffix('0')?, 0),
        b'1' => (text.strip_suffix('1')?, 1),
        b'2' => (text.strip_suffix('2')?, 2),
        _ => return None,
    };
    ((body.len() + padding) % 4 == 0 && is_canonical(body)).then_some(body)
}

fn is_canonical(text: &str) -> bool {
    !text.is_empty() && URL_SAFE_NO_PAD.decode(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(length: usize) -> String {
        URL_SAFE_NO_PAD.encode(vec![0xfb; length])
    }

    #[test]
    fn standard_base64() {
        assert_eq!(candidates("GshyINLMaOOwqt1LNUi0gQ=="), ["GshyINLMaOOwqt1LNUi0gQ"]);
        assert_eq!(candidates("+/8="), ["-_8"]);
        assert_eq!(candidates("+/+/"), ["-_-_"]);
    }

    #[test]
    fn base64url_without_padding() {
        for length in [16, 32, 48, 64] {
            assert_eq!(candidates(&plain(length)), [plain(length)], "{length} bytes");
        }
    }

    #[test]
    fn base64url_with_a_padding_digit() {
        for (length, digit) in [(16, 2), (48, 0), (64, 2)] {
            assert_eq!(candidates(&format!("{}{digit}", plain(length))), [plain(length)], "{length} bytes");
        }
    }

    #[test]
    fn a_digit_that_may_be_part_of_the_id_gives_both() {
        let ambiguous = format!("{}1", plain(32));
        assert_eq!(candidates(&ambiguous), [ambiguous.clone(), plain(32)]);
    }

    #[test]
    fn a_plain_id_that_happens_to_end_in_a_digit_is_kept() {
        // 48 bytes whose text ends in 2: removing it would leave a length that no digit 2 belongs to.
        let id = format!("{}AAA2", "A".repeat(60));
        assert_eq!(candidates(&id), [id]);
    }

    #[test]
    fn what_is_none_of_them_has_no_candidate() {
        for id in ["", "=", "0", "A", "not an id", "AB*C", "ü"] {
            assert_eq!(candidates(id), Vec::<String>::new(), "{id}");
        }
    }
}
