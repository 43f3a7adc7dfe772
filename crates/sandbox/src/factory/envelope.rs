//! The four plaintexts and their envelopes, as in `docs/reference/envelope.md`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_jose::{
    ContentEncryption, EncryptionKey, KeyManagement, PrivateKey, PublicKey, SigningKey, jwe, jws, strict_json,
};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::creation_options::CreationOptions;

const FORMAT: &str = "keyferry-1";
/// Maximum nesting depth of a plaintext.
const MAX_DEPTH: usize = 16;
/// Content type. Comparison ignores case and the prefix `application/` (RFC 7515 section 4.1.10).
const CREDENTIAL_REQUEST: &str = "vnd.keyferry.credential-request+json";
const PIN_REQUEST: &str = "vnd.keyferry.pin-request+json";
const CREDENTIAL_RESPONSE: &str = "application/vnd.keyferry.credential-response+json";
const PIN_RESPONSE: &str = "application/vnd.keyferry.pin-response+json";

/// Members that both requests of an order have, with equal values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) request_id: String,
    pub(crate) response_key: EncryptionKey,
}

#[derive(Deserialize)]
struct Common {
    format: String,
    r#type: String,
    request_id: String,
    response_key: Value,
}

#[derive(Deserialize)]
struct CredentialRequest {
    #[serde(flatten)]
    common: Common,
    creation_options: CreationOptions,
}

#[derive(Deserialize)]
struct PinRequest {
    #[serde(flatten)]
    common: Common,
    pin: PinSpec,
}

#[derive(Deserialize)]
struct PinSpec {
    r#type: String,
    length: usize,
}

/// Opens a credential request.
///
/// The error names the violated rule of the page. It has no part of the plaintext.
pub(crate) fn open_credential_request(compact: &str, keys: &[PrivateKey]) -> Result<(Order, CreationOptions), String> {
    let (plaintext, cty) = decrypt(compact, keys)?;
    expect_content_type(cty.as_deref(), CREDENTIAL_REQUEST)?;
    let request: CredentialRequest = parse(plaintext.as_ref())?;
    let order = request.common.check("credential-request")?;
    request.creation_options.check()?;
    Ok((order, request.creation_options))
}

/// Opens a PIN request. Returns the order and the number of digits.
pub(crate) fn open_pin_request(compact: &str, keys: &[PrivateKey]) -> Result<(Order, usize), String> {
    let (plaintext, cty) = decrypt(compact, keys)?;
    expect_content_type(cty.as_deref(), PIN_REQUEST)?;
    let request: PinRequest = parse(plaintext.as_ref())?;
    let order = request.common.check("pin-request")?;
    if request.pin.r#type != "generate" {
        return Err("pin.type must be `generate`".to_owned());
    }
    if !(4..=63).contains(&request.pin.length) {
        return Err("pin.length must be 4 to 63".to_owned());
    }
    Ok((order, request.pin.length))
}

fn decrypt(compact: &str, keys: &[PrivateKey]) -> Result<(impl AsRef<[u8]> + use<>, Option<String>), String> {
    let policy = jwe::Policy::default();
    let text = |error: keyferry_jose::Error| error.to_string();
    let kid = jwe::peek_header(compact, &policy).map_err(text)?.kid;
    let key = keys.iter().find(|key| key.kid() == kid).ok_or("kid is not a transport key of the factory")?;
    let opened = jwe::decrypt(compact, key, &policy).map_err(text)?;
    Ok((opened.plaintext, opened.header.cty))
}

fn expect_content_type(cty: Option<&str>, expected: &str) -> Result<(), String> {
    let lower = cty.unwrap_or_default().to_ascii_lowercase();
    if lower.strip_prefix("application/").unwrap_or(&lower) == expected {
        Ok(())
    } else {
        Err(format!("cty must be application/{expected}"))
    }
}

fn parse<'a, T: Deserialize<'a>>(plaintext: &'a [u8]) -> Result<T, String> {
    strict_json::from_slice(plaintext, MAX_DEPTH).map_err(|error| error.to_string())
}

impl Common {
    fn check(self, kind: &str) -> Result<Order, String> {
        if self.format != FORMAT {
            return Err(format!("format must be `{FORMAT}`"));
        }
        if self.r#type != kind {
            return Err(format!("type must be `{kind}`"));
        }
        let id = Uuid::try_parse(&self.request_id).ok();
        if id.is_none_or(|id| id.as_hyphenated().to_string() != self.request_id) {
            return Err("request_id must be a UUID in lower case".to_owned());
        }
        let response_key = PublicKey::from_json(&self.response_key)
            .and_then(EncryptionKey::try_from)
            .map_err(|error| format!("response_key: {error}"))?;
        if response_key.public_key().key_use().is_none() {
            return Err("response_key: `use` must be `enc`".to_owned());
        }
        Ok(Order { request_id: self.request_id, response_key })
    }
}

/// Members of all responses.
#[derive(Clone, Debug)]
pub(crate) struct Maker {
    pub(crate) request_id: String,
    /// Time of production, RFC 3339.
    pub(crate) issued_at: String,
    pub(crate) serial: u64,
    pub(crate) firmware: &'static str,
}

/// Returns plaintext and content type of a credential response. `credential` is a `RegistrationResponseJSON`.
pub(crate) fn credential_response(maker: &Maker, credential: &Value) -> (Value, &'static str) {
    let plaintext = json!({
        "format": FORMAT,
        "type": "credential-response",
        "request_id": maker.request_id,
        "issued_at": maker.issued_at,
        "serial_number": maker.serial.to_string(),
        "firmware_version": maker.firmware,
        "credential": credential,
    });
    (plaintext, CREDENTIAL_RESPONSE)
}

/// Returns plaintext and content type of a PIN response.
pub(crate) fn pin_response(maker: &Maker, pin: &str, change_on_first_use: bool) -> (Value, &'static str) {
    let plaintext = json!({
        "format": FORMAT,
        "type": "pin-response",
        "request_id": maker.request_id,
        "issued_at": maker.issued_at,
        "serial_number": maker.serial.to_string(),
        "pin": pin,
        "change_on_first_use": change_on_first_use,
    });
    (plaintext, PIN_RESPONSE)
}

/// Signs a response, unless `signer` is [`Signer::Unsigned`], and encrypts it to the response key.
pub(crate) fn seal(
    (plaintext, cty): &(Value, &'static str),
    signer: Signer<'_>,
    recipient: &EncryptionKey,
) -> Result<String, keyferry_jose::Error> {
    let plaintext = plaintext.to_string();
    let inner = match signer {
        Signer::Key(key) => jws::sign_es384(plaintext.as_bytes(), key, Some(cty))?.to_string(),
        Signer::Unsigned { kid } => {
            let header = json!({ "alg": "none", "kid": kid, "cty": cty }).to_string();
            format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(plaintext))
        }
    };
    let (alg, enc) = (KeyManagement::EcdhEsA256Kw, ContentEncryption::A256Gcm);
    jwe::encrypt(inner.as_bytes(), recipient, alg, enc, Some("JOSE"))
}

/// Signer of a response.
#[derive(Clone, Copy)]
pub(crate) enum Signer<'a> {
    Key(&'a SigningKey),
    /// No signature, although the header names a published key.
    Unsigned {
        kid: &'a str,
    },
}
