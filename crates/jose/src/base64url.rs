//! base64url without padding (RFC 7515 section 2), canonical only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{Error, Result};

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes; `what` names the part or member in the error. The engine refuses padding, foreign characters and left-over
/// bits, so that each sequence of bytes has exactly one spelling.
pub(crate) fn decode(what: &'static str, text: impl AsRef<[u8]>) -> Result<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::Base64 { what })
}

/// Decodes what must be exactly `expected` bytes long.
pub(crate) fn decode_exact(what: &'static str, text: impl AsRef<[u8]>, expected: usize) -> Result<Vec<u8>> {
    let bytes = decode(what, text)?;
    if bytes.len() == expected { Ok(bytes) } else { Err(Error::Length { what, expected, actual: bytes.len() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_is_accepted() {
        assert_eq!(decode("part", "-_8").unwrap(), [0xfb, 0xff]);
        for bad in ["-_8=", "-_9", "+/8", "-_8\n", " -_8", "A", "-_8."] {
            assert_eq!(decode("part", bad), Err(Error::Base64 { what: "part" }), "{bad:?}");
        }
    }

    #[test]
    fn a_wrong_length_is_named() {
        let error = decode_exact("JWE tag", "AAAA", 16).unwrap_err();
        assert_eq!(error.to_string(), "JWE tag must be 16 bytes long, it is 3");
    }
}
