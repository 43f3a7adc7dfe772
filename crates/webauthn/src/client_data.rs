//! Client data (section 5.8.1): the client's description of the ceremony.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::Error;

/// Maximum size of client data, in bytes. Known challenges of identity providers have up to 7 KB.
const MAX_CLIENT_DATA: usize = 32 * 1024;

/// Ceremony of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceremony {
    /// Registration, `webauthn.create`.
    Registration,
    /// Authentication, `webauthn.get`.
    Authentication,
}

impl Ceremony {
    /// Returns the member `type` of the client data.
    pub const fn client_data_type(self) -> &'static str {
        match self {
            Self::Registration => "webauthn.create",
            Self::Authentication => "webauthn.get",
        }
    }
}

/// The members of client data that are used. Others are ignored, as section 5.8.1 requires.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientData {
    /// `webauthn.create` or `webauthn.get`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Challenge, as text.
    pub challenge: String,
    /// Origin, for example `https://login.microsoft.com`.
    pub origin: String,
    /// Whether the ceremony ran in a frame of another origin. Missing means no.
    #[serde(default)]
    pub cross_origin: Option<bool>,
    /// Origin of the page that contains the frame.
    #[serde(default)]
    pub top_origin: Option<String>,
}

/// Returns the origin of a relying party with a single site: `https://{rp_id}`.
pub fn default_origin(rp_id: &str) -> String {
    format!("https://{rp_id}")
}

impl ClientData {
    /// Parses `clientDataJSON`, already decoded from base64url.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for more than 32 KiB, [`Error::ClientDataFormat`] for malformed JSON and for missing or
    /// duplicate members.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        if json.len() > MAX_CLIENT_DATA {
            return Err(Error::TooLarge { what: "clientDataJSON", length: json.len(), limit: MAX_CLIENT_DATA });
        }
        // The "UTF-8 decode" of 7.1 step 5 removes a byte order mark.
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        serde_json::from_slice(json).map_err(|error| Error::ClientDataFormat { reason: error.to_string() })
    }

    /// Checks, in this order, the type, the challenge, the origin, and that the ceremony did not run in a frame of
    /// another origin (7.1 steps 7 to 11, 7.2 steps 10 to 14). Compares the challenge as text.
    ///
    /// # Errors
    /// Returns the error of the first violated rule.
    pub fn verify(&self, ceremony: Ceremony, challenge: &str, origins: &[String]) -> Result<(), Error> {
        let expected = ceremony.client_data_type();
        if self.kind != expected {
            return Err(Error::ClientDataType { expected, found: excerpt(&self.kind) });
        }
        if self.challenge != challenge {
            return Err(Error::Challenge {
                expected_length: challenge.chars().count(),
                found_length: self.challenge.chars().count(),
            });
        }
        if !origins.contains(&self.origin) {
            return Err(Error::Origin { expected: origins.to_vec(), found: excerpt(&self.origin) });
        }
        if self.cross_origin == Some(true) || self.top_origin.is_some() {
            return Err(Error::CrossOrigin);
        }
        Ok(())
    }
}

/// Returns the `clientDataJSON` of a ceremony that did not run in a frame, serialised according to section 5.8.1.1.
pub fn build(ceremony: Ceremony, challenge: &str, origin: &str) -> Vec<u8> {
    let mut json = String::with_capacity(challenge.len() + origin.len() + 80);
    json.push_str("{\"type\":");
    push_ccd_string(&mut json, ceremony.client_data_type());
    json.push_str(",\"challenge\":");
    push_ccd_string(&mut json, challenge);
    json.push_str(",\"origin\":");
    push_ccd_string(&mut json, origin);
    json.push_str(",\"crossOrigin\":false}");
    json.into_bytes()
}

/// Appends `CCDToString(text)` (section 5.8.1.1). Its escapes differ from those of JSON libraries.
fn push_ccd_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0'..='\u{1f}' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// Returns untrusted text for an error message, truncated to 128 characters.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(128).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins() -> Vec<String> {
        vec![default_origin("localhost"), "http://localhost:8090".to_owned()]
    }

    #[test]
    fn built_client_data_has_the_specified_form_and_verifies() {
        let json = build(Ceremony::Registration, "YWJj", "https://localhost");
        assert_eq!(
            String::from_utf8(json.clone()).unwrap(),
            r#"{"type":"webauthn.create","challenge":"YWJj","origin":"https://localhost","crossOrigin":false}"#
        );
        ClientData::parse(&json).unwrap().verify(Ceremony::Registration, "YWJj", &origins()).unwrap();
    }

    #[test]
    fn escapes_control_characters_and_quotes_as_specified() {
        let json = build(Ceremony::Authentication, "a\"\\\n\u{7f}é/", "o");
        let text = String::from_utf8(json.clone()).unwrap();
        assert!(text.contains("\"a\\\"\\\\\\u000a\u{7f}é/\""), "{text}");
        assert_eq!(ClientData::parse(&json).unwrap().challenge, "a\"\\\n\u{7f}é/");
    }

    #[test]
    fn accepts_only_exact_origins() {
        let made_at = |origin: &str| ClientData::parse(&build(Ceremony::Authentication, "c", origin)).unwrap();
        made_at("http://localhost:8090").verify(Ceremony::Authentication, "c", &origins()).unwrap();
        for origin in ["https://localhost/", "https://localhost.evil.example", "http://localhost", "HTTPS://localhost"]
        {
            let result = made_at(origin).verify(Ceremony::Authentication, "c", &origins());
            assert!(matches!(result, Err(Error::Origin { .. })), "{origin}: {result:?}");
        }
    }

    #[test]
    fn compares_challenge_as_text() {
        let data = ClientData::parse(&build(Ceremony::Registration, "YWJj", "https://localhost")).unwrap();
        for issued in ["YWJj=", "yWJj", "YWJjYWJj"] {
            assert!(matches!(data.verify(Ceremony::Registration, issued, &origins()), Err(Error::Challenge { .. })));
        }
    }

    #[test]
    fn ignores_unknown_members_and_byte_order_mark() {
        let json = b"\xef\xbb\xbf{\"extra\":{},\"origin\":\"https://localhost\",\"challenge\":\"c\",\
                     \"type\":\"webauthn.get\"}";
        ClientData::parse(json).unwrap().verify(Ceremony::Authentication, "c", &origins()).unwrap();
    }

    #[test]
    fn rejects_malformed_client_data() {
        let long = vec![b' '; MAX_CLIENT_DATA + 1];
        for bad in [
            &b"{}"[..],
            b"[]",
            b"\xff",
            b"{\"type\":\"a\",\"challenge\":\"b\"}",
            b"{\"type\":\"a\",\"challenge\":\"b\",\"origin\":\"c\",\"origin\":\"d\"}",
            b"{\"type\":\"a\",\"challenge\":\"b\",\"origin\":\"c\"} x",
            &long,
        ] {
            assert!(ClientData::parse(bad).is_err());
        }
    }

    #[test]
    fn accepts_client_data_of_at_most_32_kib() {
        let mut json = build(Ceremony::Registration, "c", "https://localhost");
        json.resize(32_768, b' ');
        assert!(ClientData::parse(&json).is_ok());
        json.push(b' ');
        let error = ClientData::parse(&json).unwrap_err();
        assert_eq!(error, Error::TooLarge { what: "clientDataJSON", length: 32_769, limit: 32_768 });
    }
}
