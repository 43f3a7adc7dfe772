//! Decoding of the ids in `excludeCredentials`. Graph has used three encodings over the years.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Returns the credential ids that `id` may encode, as base64url without padding.
///
/// Returns two ids if the encoding is ambiguous, and none if it is unknown. The encodings are:
///
/// 1. Base64 with `=` (observed in 2024).
/// 2. base64url with the number of padding characters as a last digit (.NET's `UrlTokenEncode`, documented 2024-08).
/// 3. base64url without padding (v1.0 documentation, 2026-04).
pub(crate) fn candidates(id: &str) -> Vec<String> {
    let plain = id.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let is_form_1 = id.contains(['=', '+', '/']);
    let mut candidates = Vec::new();
    // The decoder also requires unused bits to be zero. They never are if the last character is a padding digit 2. So
    // only the digit 1 is ambiguous.
    if is_canonical(&plain) {
        candidates.push(plain.clone());
    }
    if !is_form_1 && let Some(body) = without_digit(&plain) {
        candidates.push(body.to_owned());
    }
    candidates
}

/// Removes a last digit if it is the number of padding characters for the length of the rest.
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
    fn decodes_standard_base64() {
        assert_eq!(candidates("GshyINLMaOOwqt1LNUi0gQ=="), ["GshyINLMaOOwqt1LNUi0gQ"]);
        assert_eq!(candidates("+/8="), ["-_8"]);
        assert_eq!(candidates("+/+/"), ["-_-_"]);
    }

    #[test]
    fn decodes_base64url_without_padding() {
        for length in [16, 32, 48, 64] {
            assert_eq!(candidates(&plain(length)), [plain(length)], "{length} bytes");
        }
    }

    #[test]
    fn decodes_base64url_with_padding_digit() {
        for (length, digit) in [(16, 2), (48, 0), (64, 2)] {
            assert_eq!(candidates(&format!("{}{digit}", plain(length))), [plain(length)], "{length} bytes");
        }
    }

    #[test]
    fn returns_both_readings_of_an_ambiguous_digit() {
        let ambiguous = format!("{}1", plain(32));
        assert_eq!(candidates(&ambiguous), [ambiguous.clone(), plain(32)]);
    }

    #[test]
    fn keeps_id_that_happens_to_end_in_a_digit() {
        // 48 bytes, encoded with a last character 2: without it, the length would not require two padding characters.
        let id = format!("{}AAA2", "A".repeat(60));
        assert_eq!(candidates(&id), [id]);
    }

    #[test]
    fn returns_nothing_for_unknown_encodings() {
        for id in ["", "=", "0", "A", "not an id", "AB*C", "ü"] {
            assert_eq!(candidates(id), Vec::<String>::new(), "{id}");
        }
    }
}
