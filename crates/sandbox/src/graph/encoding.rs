//! Encoding of credential ids and binary members in Graph's JSON.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use crate::ground::settings::ExcludeEncoding;

/// Encodes bytes as in method ids: base64url without padding, then the number of padding characters as a digit.
///
/// This is .NET's `UrlTokenEncode`.
pub(super) fn token(bytes: &[u8]) -> String {
    let padding = (3 - bytes.len() % 3) % 3;
    format!("{}{padding}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Encodes a credential id for `excludeCredentials`.
pub(super) fn exclude(bytes: &[u8], form: ExcludeEncoding) -> String {
    match form {
        ExcludeEncoding::Base64 => STANDARD.encode(bytes),
        ExcludeEncoding::Token => token(bytes),
        ExcludeEncoding::Base64url => URL_SAFE_NO_PAD.encode(bytes),
    }
}

/// Decodes a binary member of a registration. base64url is documented; standard base64 was observed to work too.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    [&URL_SAFE_NO_PAD, &STANDARD, &STANDARD_NO_PAD, &URL_SAFE].into_iter().find_map(|engine| engine.decode(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn method_id_ends_with_padding_count() {
        // From a public capture: 32 bytes, so one padding character.
        let id = "2_4Vb6SXwGtpyc0Tt7rUavuKfLLXk9QYIKTfco9RguI1";
        let credential = decode(&id[..id.len() - 1]).unwrap();
        assert_eq!(credential.len(), 32);
        assert_eq!(token(&credential), id);
        assert!(token(&[1; 16]).ends_with('2') && token(&[1; 48]).ends_with('0'));
    }

    #[test]
    fn encodes_an_id_in_three_forms() {
        let id = [0xfb, 0xef, 0xff, 0x01];
        assert_eq!(exclude(&id, ExcludeEncoding::Base64), "++//AQ==");
        assert_eq!(exclude(&id, ExcludeEncoding::Token), "--__AQ2");
        assert_eq!(exclude(&id, ExcludeEncoding::Base64url), "--__AQ");
        assert_eq!(decode("++//AQ=="), Some(id.to_vec()));
        assert_eq!(decode("--__AQ"), Some(id.to_vec()));
        assert_eq!(decode("not base64!"), None);
    }
}
