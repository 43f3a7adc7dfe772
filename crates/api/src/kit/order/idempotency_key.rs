//! The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header-07).

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{HeaderMap, HeaderName};

use crate::kit::problem::Problem;

/// Header of a response that repeats the one to an earlier request with the same `Idempotency-Key`.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Name of the header.
const HEADER: &str = "idempotency-key";

/// Longest key, in bytes.
const LONGEST: usize = 255;

/// Returns the key and the SHA-256 of the body in hex, or `None` without the header.
///
/// The draft requires a structured field string, in quotes. Many clients send the key without quotes. Both forms are
/// accepted and identify the same key.
///
/// # Errors
/// 400 when the header occurs more than once or its value is invalid.
pub(crate) fn idempotency_key(headers: &HeaderMap, body: &[u8]) -> Result<Option<(String, String)>, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        let message = "The request must not have more than one Idempotency-Key header.";
        return Err(Problem::field("Idempotency-Key", message));
    }
    let key = value
        .to_str()
        .ok()
        .and_then(unquoted)
        .filter(|key| (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
    let Some(key) = key else {
        let message = format!("Idempotency-Key must have 1 to {LONGEST} visible ASCII characters, for example a UUID.");
        return Err(Problem::field("Idempotency-Key", message));
    };
    let hash = digest(&SHA256, body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Some((key, hash)))
}

/// Removes the quotes and escapes of a string (RFC 9651 section 3.3.3). Returns `None` if the string is malformed.
fn unquoted(text: &str) -> Option<String> {
    let text = text.trim_matches([' ', '\t']);
    let Some(rest) = text.strip_prefix('"') else { return (!text.contains('"')).then(|| text.to_owned()) };
    let inside = rest.strip_suffix('"')?;
    let mut key = String::with_capacity(inside.len());
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return None,
            '\\' => key.push(characters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?),
            other => key.push(other),
        }
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: &str) -> Result<Option<(String, String)>, Problem> {
        idempotency_key(&HeaderMap::from_iter([(HEADER.parse().unwrap(), value.parse().unwrap())]), b"abc")
    }

    #[test]
    fn accepts_the_same_key_with_and_without_quotes() {
        let (bare, hash) = key("8e03978e-40d5-43e8-bc93-6894a57f9324").unwrap().unwrap();
        let (quoted, _) = key("\"8e03978e-40d5-43e8-bc93-6894a57f9324\"").unwrap().unwrap();
        assert_eq!(bare, quoted);
        // FIPS 180-2, appendix B.1.
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(key(r#""a\"b\\c""#).unwrap().unwrap().0, r#"a"b\c"#);
        assert_eq!(idempotency_key(&HeaderMap::new(), b""), Ok(None));
    }

    #[test]
    fn rejects_invalid_key() {
        for bad in ["", "\"\"", "a b", "\"a", "a\"", "\"a\"b\"", "\"a\\n\"", "ü", &"x".repeat(256)] {
            assert!(key(bad).is_err(), "{bad:?}");
        }
        assert!(key(&"x".repeat(255)).is_ok());
    }
}
