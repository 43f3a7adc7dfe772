//! Parsing of the credential response and of the PIN response.
//!
//! Checks `cty`, `format`, `type` and `request_id` first, then the other members.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use keyferry_domain::ports::{OpenedCredential, OpenedPin};
use keyferry_domain::{Pin, PinLength, SerialNumber, ShipmentId};
use keyferry_jose::strict_json;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};

use super::NAME;
use super::wiped::Wiped;
use crate::envelope::refusal::of_plaintext;
use crate::envelope::{Rejection, RejectionCode, Signed};

/// Maximum nesting depth of a response's JSON. A registration response needs five levels.
const MAX_DEPTH: usize = 16;

#[derive(Deserialize)]
struct Head {
    format: String,
    r#type: String,
    request_id: String,
}

#[derive(Deserialize)]
struct CredentialResponse {
    #[serde(rename = "issued_at")]
    _issued_at: DateTime<Utc>,
    serial_number: String,
    firmware_version: String,
    credential: RegistrationResponse,
}

/// The members of `RegistrationResponseJSON` (WebAuthn level 3 section 5.1) that `docs/reference/envelope.md`
/// specifies.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegistrationResponse {
    id: String,
    raw_id: String,
    r#type: String,
    response: AttestationResponse,
    #[serde(rename = "clientExtensionResults")]
    _client_extension_results: Map<String, Value>,
}

#[derive(Deserialize)]
struct AttestationResponse {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    #[serde(rename = "attestationObject")]
    attestation_object: String,
    #[serde(rename = "transports", default)]
    _transports: Vec<String>,
}

/// The credential with all its members, including those that are not specified.
#[derive(Deserialize)]
struct WholeCredential {
    credential: Map<String, Value>,
}

#[derive(Deserialize)]
struct PinResponse {
    #[serde(rename = "issued_at")]
    _issued_at: DateTime<Utc>,
    serial_number: String,
    pin: Wiped,
    change_on_first_use: bool,
}

pub(super) fn credential(request: ShipmentId, signed: &Signed<'_>) -> Result<OpenedCredential, Rejection> {
    check_head(request, signed, "credential-response")?;
    let response: CredentialResponse = read(signed.payload)?;
    response.credential.check()?;
    Ok(OpenedCredential {
        serial: serial(response.serial_number)?,
        firmware: Some(firmware(response.firmware_version)?),
        registration_response: read::<WholeCredential>(signed.payload)?.credential,
    })
}

pub(super) fn pin(request: ShipmentId, length: PinLength, signed: &Signed<'_>) -> Result<OpenedPin, Rejection> {
    check_head(request, signed, "pin-response")?;
    let response: PinResponse = read(signed.payload)?;
    let serial = serial(response.serial_number)?;
    let unexpected = |reason: String| Rejection::new(RejectionCode::UnexpectedPin, reason);
    if !response.pin.0.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unexpected("its PIN contains a character that is not a digit".to_owned()));
    }
    let pin = Pin::new(response.pin.0, length).map_err(|error| unexpected(error.to_string()))?;
    Ok(OpenedPin { serial, pin, change_on_first_use: response.change_on_first_use })
}

fn check_head(request: ShipmentId, signed: &Signed<'_>, message_type: &str) -> Result<(), Rejection> {
    let wrong_type = |what: &str| {
        Rejection::new(RejectionCode::WrongType, format!("{what} is not that of the expected {message_type}"))
    };
    // Media types are case-insensitive (RFC 2045 section 5.1).
    let is = |actual: Option<&str>, expected: &str| actual.is_some_and(|actual| actual.eq_ignore_ascii_case(expected));
    if !is(signed.envelope_type, "JOSE") {
        return Err(wrong_type("the `cty` of its envelope"));
    }
    if !is(signed.content_type, &format!("application/vnd.keyferry.{message_type}+json")) {
        return Err(wrong_type("the `cty` of its signed content"));
    }
    let head: Head = read(signed.payload)?;
    if head.format != NAME {
        return Err(Rejection::new(
            RejectionCode::WrongFormat,
            format!("its member `format` is not {NAME}, the configured format"),
        ));
    }
    if head.r#type != message_type {
        return Err(wrong_type("its member `type`"));
    }
    if head.request_id != request.to_string() {
        return Err(Rejection::new(
            RejectionCode::WrongRequest,
            format!("its `request_id` is not that of order {request}"),
        ));
    }
    Ok(())
}

fn read<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Rejection> {
    // serde also reads a derived struct from an array, so only an object is accepted here. The array is parsed first
    // for the sake of the error: malformed JSON is reported as such.
    if payload.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        strict_json::from_slice::<IgnoredAny>(payload, MAX_DEPTH).map_err(|error| of_plaintext(&error))?;
        return Err(wrong_format("it is not a JSON object"));
    }
    strict_json::from_slice(payload, MAX_DEPTH).map_err(|error| of_plaintext(&error))
}

fn wrong_format(what: &str) -> Rejection {
    Rejection::new(RejectionCode::WrongFormat, format!("its content does not match the expected format: {what}"))
}

fn serial(text: String) -> Result<SerialNumber, Rejection> {
    let decimal = (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if decimal {
        Ok(SerialNumber::new(text))
    } else {
        Err(wrong_format("`serial_number` must be a decimal number of up to 20 digits"))
    }
}

fn firmware(text: String) -> Result<String, Rejection> {
    let version = (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if version { Ok(text) } else { Err(wrong_format("`firmware_version` must be a version such as 5.7.4")) }
}

impl RegistrationResponse {
    fn check(&self) -> Result<(), Rejection> {
        if self.r#type != "public-key" {
            return Err(wrong_format("`credential.type` must be public-key"));
        }
        if self.id != self.raw_id {
            return Err(wrong_format("`credential.id` and `credential.rawId` must be equal"));
        }
        for (name, text) in [
            ("id", &self.id),
            ("response.clientDataJSON", &self.response.client_data_json),
            ("response.attestationObject", &self.response.attestation_object),
        ] {
            if text.is_empty() || URL_SAFE_NO_PAD.decode(text).is_err() {
                return Err(wrong_format(&format!("`credential.{name}` must be base64url without padding")));
            }
        }
        Ok(())
    }
}
