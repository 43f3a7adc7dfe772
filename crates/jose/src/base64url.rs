//! Canonical base64url without padding (RFC 7515 section 2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{Error, Result};

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes canonical base64url. `what` names the part or member in the error.
///
/// The engine rejects padding, other characters and non-zero unused bits, so every byte sequence has exactly one
/// encoding.
pub(crate) fn decode(what: &'static str, text: impl AsRef<[u8]>) -> Result<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::Base64 { what })
}

/// Decodes canonical base64url that must be exactly `expected` bytes long.
pub(crate) fn decode_exact(what: &'static str, text: impl AsRef<[u8]>, expected: usize) -> Result<Vec<u8>> {
    let bytes = decode(what, text)?;
    if bytes.len() == expected { Ok(bytes) } else { Err(Error::Length { what, expected, actual: bytes.len() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_canonical_encoding() {
        assert_eq!(decode("part", "-_8").unwrap(), [0xfb, 0xff]);
        for bad in ["-_8=", "-_9", "+/8", "-_8\n", " -_8", "A", "-_8."] {
            assert_eq!(decode("part", bad), Err(Error::Base64 { what: "part" }), "{bad:?}");
        }
    }

    #[test]
    fn error_names_the_wrong_length() {
        let error = decode_exact("JWE tag", "AAAA", 16).unwrap_err();
        assert_eq!(error.to_string(), "JWE tag must be 16 bytes long, but has 3 bytes");
    }
}
