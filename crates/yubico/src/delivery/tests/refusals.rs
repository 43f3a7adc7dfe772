//! Tests of every reason for rejecting a response. No error may contain the content of the response.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_domain::ports::PreparedOrder;
use keyferry_domain::{Failure, Operation, Party, Sealer as _};
use keyferry_jose::SigningKey;
use serde_json::{Value, json};

use crate::RejectionCode;
use crate::testing::factory::{PIN, Reply};
use crate::testing::{World, fakes};

struct Case {
    world: World,
    prepared: PreparedOrder,
}

impl Case {
    async fn new() -> Self {
        let world = World::new().await;
        let prepared = world.prepare(1).await;
        Self { world, prepared }
    }

    fn signer(&self) -> &SigningKey {
        &self.world.factory.signing_key
    }

    fn pin(&self) -> Reply {
        self.world.factory.pin_response(&self.prepared.sealed.pin_request)
    }

    fn credential(&self) -> Reply {
        self.world.factory.credential_response(&self.prepared.sealed.credential_requests[0])
    }

    /// Opens the envelope as a PIN response and checks that it is rejected with this code.
    async fn rejected(&self, envelope: &str, code: RejectionCode) -> Failure {
        let opened =
            self.world.delivery.open_pin(fakes::shipment(1), &self.prepared.response_key, envelope, fakes::six()).await;
        let failure = opened.err().unwrap_or_else(|| panic!("opened, not {code:?}"));
        assert_eq!((failure.party, failure.operation), (Party::Factory, Operation::OpenPin));
        assert!(failure.message.starts_with("Keyferry rejected the PIN response of order"), "{failure}");
        assert_eq!(failure.code(), Some(code.as_str()), "{failure}");
        assert!(failure.message.contains(&fakes::shipment(1).to_string()), "{failure}");
        for secret in [PIN, "987654", &URL_SAFE_NO_PAD.encode(PIN)] {
            assert!(!format!("{failure} {failure:?}").contains(secret), "{failure:?}");
        }
        failure
    }

    /// Opens the envelope as a credential response and checks that it is rejected with this code.
    async fn credential_rejected(&self, envelope: &str, code: RejectionCode) {
        let opened =
            self.world.delivery.open_credential(fakes::shipment(1), &self.prepared.response_key, envelope).await;
        let failure = opened.unwrap_err();
        assert_eq!((failure.party, failure.operation), (Party::Factory, Operation::OpenCredential));
        assert!(failure.message.starts_with("Keyferry rejected the credential response of order"), "{failure}");
        assert_eq!(failure.code(), Some(code.as_str()), "{failure}");
    }
}

/// Returns the compact serialisation with a modified header.
fn with_header(compact: &str, change: impl FnOnce(&mut Value)) -> String {
    let (header, rest) = compact.split_once('.').unwrap();
    let mut header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    change(&mut header);
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

#[tokio::test]
async fn rejects_oversized_envelope() {
    let case = Case::new().await;
    case.rejected(&"a".repeat(128 * 1024 + 1), RejectionCode::EnvelopeTooLarge).await;
    case.rejected(&"a".repeat(128 * 1024), RejectionCode::NotAnEnvelope).await;
}

#[tokio::test]
async fn rejects_malformed_envelope() {
    let case = Case::new().await;
    let good = case.pin().sealed_by(case.signer());
    for bad in ["", "....", "a.b.c.d.e", r#"{"ciphertext":"x"}"#, &good[1..], &format!("{good}."), &format!("{good}=")]
    {
        case.rejected(bad, RejectionCode::NotAnEnvelope).await;
    }
    let no_epk = with_header(&good, |header| drop(header.as_object_mut().unwrap().remove("epk")));
    case.rejected(&no_epk, RejectionCode::NotAnEnvelope).await;
}

#[tokio::test]
async fn rejects_algorithms_outside_the_allow_list() {
    let case = Case::new().await;
    let good = case.pin().sealed_by(case.signer());
    for (member, value) in
        [("alg", "RSA-OAEP"), ("alg", "none"), ("alg", "dir"), ("enc", "A128CBC-HS256"), ("zip", "DEF")]
    {
        let bad = with_header(&good, |header| header[member] = json!(value));
        case.rejected(&bad, RejectionCode::AlgorithmNotAllowed).await;
    }
    let bad = with_header(&good, |header| header["crit"] = json!(["exp"]));
    case.rejected(&bad, RejectionCode::AlgorithmNotAllowed).await;

    let signed = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","kid":"APCS-Tsgnkey-1"}"#);
    let payload = URL_SAFE_NO_PAD.encode(case.pin().payload.to_string());
    let hmac = case.pin().sealed(format!("{signed}.{payload}.AAAA").as_bytes());
    case.rejected(&hmac, RejectionCode::AlgorithmNotAllowed).await;
}

#[tokio::test]
async fn rejects_envelope_for_another_response_key() {
    let case = Case::new().await;
    let good = case.pin().sealed_by(case.signer());
    let bad = with_header(&good, |header| header["kid"] = json!("other"));
    case.rejected(&bad, RejectionCode::WrongResponseKey).await;
}

#[tokio::test]
async fn rejects_modified_envelope() {
    let case = Case::new().await;
    let good = case.pin().sealed_by(case.signer());
    let bad = with_header(&good, |header| header["cty"] = json!("jose"));
    case.rejected(&bad, RejectionCode::CannotDecrypt).await;
    let (rest, tag) = good.rsplit_once('.').unwrap();
    let mut tag = URL_SAFE_NO_PAD.decode(tag).unwrap();
    tag[0] ^= 1;
    case.rejected(&format!("{rest}.{}", URL_SAFE_NO_PAD.encode(tag)), RejectionCode::CannotDecrypt).await;
}

#[tokio::test]
async fn rejects_unsigned_content() {
    let case = Case::new().await;
    let reply = case.pin();
    let payload = reply.payload.to_string();
    let encoded = URL_SAFE_NO_PAD.encode(&payload);
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"APCS-Tsgnkey-1"}"#);
    let es384 = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES384","kid":"APCS-Tsgnkey-1"}"#);
    for content in
        [payload.clone(), String::new(), format!("{none}.{encoded}."), format!("{es384}.{encoded}."), "a.b.c".into()]
    {
        case.rejected(&reply.sealed(content.as_bytes()), RejectionCode::NotSigned).await;
    }
}

#[tokio::test]
async fn rejects_unpublished_signing_key() {
    let case = Case::new().await;
    let stranger = SigningKey::generate("stranger").unwrap();
    case.rejected(&case.pin().sealed_by(&stranger), RejectionCode::UnknownSigningKey).await;
    // A key that is published for encryption must not verify a signature.
    let mut jwk = stranger.public_key().to_json();
    (jwk["use"], jwk["alg"]) = (json!("enc"), json!("ECDH-ES"));
    case.world.service.shared.signing.publish(json!({ "keys": [case.signer().public_key().to_json(), jwk] }));
    case.world.clock.advance(60);
    case.rejected(&case.pin().sealed_by(&stranger), RejectionCode::UnknownSigningKey).await;
}

#[tokio::test]
async fn rejects_invalid_signature() {
    let case = Case::new().await;
    let forger = SigningKey::generate(case.signer().kid()).unwrap();
    case.rejected(&case.pin().sealed_by(&forger), RejectionCode::BadSignature).await;
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES384","kid":"APCS-Tsgnkey-1"}"#);
    let payload = URL_SAFE_NO_PAD.encode(case.pin().payload.to_string());
    for signature in ["AAAA", "!"] {
        let content = format!("{header}.{payload}.{signature}");
        case.rejected(&case.pin().sealed(content.as_bytes()), RejectionCode::BadSignature).await;
    }
}

#[tokio::test]
async fn rejects_message_of_another_type() {
    let case = Case::new().await;
    case.rejected(&case.credential().sealed_by(case.signer()), RejectionCode::WrongType).await;
    case.credential_rejected(&case.pin().sealed_by(case.signer()), RejectionCode::WrongType).await;
    for content_type in [None, Some("application/json".to_owned())] {
        let reply = Reply { content_type, ..case.pin() };
        case.rejected(&reply.sealed_by(case.signer()), RejectionCode::WrongType).await;
    }
    for envelope_type in [None, Some("application/json")] {
        let reply = Reply { envelope_type, ..case.pin() };
        case.rejected(&reply.sealed_by(case.signer()), RejectionCode::WrongType).await;
    }
    let mut reply = case.pin();
    reply.payload["type"] = json!("pin-request");
    case.rejected(&reply.sealed_by(case.signer()), RejectionCode::WrongType).await;
}

#[tokio::test]
async fn rejects_response_to_another_order() {
    let case = Case::new().await;
    for other in [fakes::shipment(2).to_string(), fakes::shipment(1).to_string().to_uppercase(), String::new()] {
        let mut reply = case.pin();
        reply.payload["request_id"] = json!(other);
        case.rejected(&reply.sealed_by(case.signer()), RejectionCode::WrongRequest).await;
    }
}

#[tokio::test]
async fn rejects_content_of_another_format() {
    let case = Case::new().await;
    let reply = case.pin();
    let mut other = case.pin();
    other.payload["format"] = json!("keyferry-2");
    case.rejected(&other.sealed_by(case.signer()), RejectionCode::WrongFormat).await;
    let good = reply.payload.to_string();
    let twice = good.replacen('{', &format!(r#"{{"{PIN}":1,"{PIN}":2,"#), 1);
    let pin_twice = good.replacen('{', r#"{"pin":"987654","#, 1);
    for payload in [&twice, &pin_twice, PIN, "[]", r#"["482137"]"#, "", "{", &format!("{good}{good}")] {
        case.rejected(&reply.sealed_text_by(payload.as_bytes(), case.signer()), RejectionCode::WrongFormat).await;
    }
}

#[tokio::test]
async fn rejects_pin_that_does_not_match_the_request() {
    let case = Case::new().await;
    for pin in ["4821370", "98765", "", "98765a", "987 54", "９８７６５４", "98765\n"] {
        let mut reply = case.pin();
        reply.payload["pin"] = json!(pin);
        let failure = case.rejected(&reply.sealed_by(case.signer()), RejectionCode::UnexpectedPin).await;
        assert!(pin.is_empty() || !failure.to_string().contains(pin), "{failure}");
    }
}
