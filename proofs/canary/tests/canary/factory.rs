//! Misbehaving factory: it knows the PIN, and can seal and sign anything.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_jose::{ContentEncryption, KeyManagement, PrivateKey, SigningKey, jwe, jws};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::hostile::Fault;
use crate::rig::{Plan, Rig};
use keyferry_proof_support::{ADA, ALAN};

/// The PIN in this factory's responses.
const PIN: &str = "83920174655019283746";

const PIN_RESPONSE: &str = "application/vnd.keyferry.pin-response+json";
const CREDENTIAL_RESPONSE: &str = "application/vnd.keyferry.credential-response+json";
const STATUS: &str = "GET /fpr/shipments/";
const KEYS: &str = "GET yubico-sign";

struct Factory {
    signing_key: SigningKey,
    /// The response key of one order. `request` is the order's id.
    response_key: PrivateKey,
    request: String,
    serial: String,
}

impl Factory {
    fn sign(&self, payload: &str, cty: &str) -> String {
        jws::sign_es384(payload.as_bytes(), &self.signing_key, Some(cty)).unwrap().to_string()
    }

    fn seal(&self, inside: &str) -> String {
        let (alg, enc) = (KeyManagement::EcdhEsA256Kw, ContentEncryption::A256Gcm);
        jwe::encrypt(inside.as_bytes(), self.response_key.public_key(), alg, enc, Some("JOSE")).unwrap()
    }

    fn open(&self, envelope: &str) -> Value {
        let opened = jwe::decrypt(envelope, &self.response_key, &jwe::Policy::default()).unwrap();
        let compact = String::from_utf8(opened.plaintext.to_vec()).unwrap();
        let payload = compact.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }

    fn pin_response(&self) -> Value {
        json!({
            "format": "keyferry-1", "type": "pin-response", "request_id": self.request,
            "issued_at": "2026-05-04T03:02:01Z", "serial_number": self.serial, "pin": PIN, "change_on_first_use": false,
        })
    }

    /// Returns invalid PIN responses to be signed, each with its name. Each contains the PIN.
    fn misshapen(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        let good = self.pin_response();
        for (member, value) in [
            ("pin", json!([PIN])),
            ("pin", json!({ "value": PIN })),
            ("pin", json!(format!("{PIN}1"))),
            ("pin", json!(format!("{} ", &PIN[..19]))),
            ("pin", json!(format!("{}x", &PIN[..19]))),
            ("pin", json!(format!("{}\n", &PIN[..19]))),
            ("serial_number", json!(PIN)),
            ("serial_number", json!(format!("pin {PIN}"))),
            ("serial_number", json!([PIN])),
            ("change_on_first_use", json!(PIN)),
            ("issued_at", json!(PIN)),
            ("format", json!(PIN)),
            ("type", json!(PIN)),
            ("request_id", json!(PIN)),
            ("request_id", json!({ PIN: PIN })),
        ] {
            let mut bad = good.clone();
            bad[member] = value.clone();
            all.push((format!("{member}: {value}"), bad.to_string()));
        }
        for missing in ["serial_number", "format", "type", "request_id", "issued_at", "change_on_first_use"] {
            let mut bad = good.clone();
            bad.as_object_mut().unwrap().remove(missing);
            all.push((format!("no {missing}"), bad.to_string()));
        }
        let text = good.to_string();
        let deep = format!("{}\"{PIN}\"{}", "[".repeat(40), "]".repeat(40));
        for (name, bad) in [
            ("a number", text.replace(&format!("\"{PIN}\""), PIN)),
            ("twice", text.replacen('{', &format!("{{\"pin\":\"{PIN}\","), 1)),
            ("a name, twice", text.replacen('{', &format!("{{\"{PIN}\":1,\"{PIN}\":2,"), 1)),
            ("cut", text[..text.find(PIN).unwrap() + 15].to_owned()),
            ("more after it", format!("{text} {PIN}")),
            ("alone", PIN.to_owned()),
            ("alone as text", format!("\"{PIN}\"")),
            ("an array", format!("[{text}]")),
            ("deep", text.replace("false", &deep)),
            ("words", format!("The PIN is {PIN}")),
        ] {
            all.push((name.to_owned(), bad));
        }
        all
    }

    /// Returns contents of envelopes that contain the PIN and have no valid signature, each with its name.
    fn unsigned(&self) -> Vec<(String, String)> {
        let text = self.pin_response().to_string();
        let encoded = URL_SAFE_NO_PAD.encode(&text);
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"hostile"}"#);
        let signed = self.sign(&text, PIN_RESPONSE);
        let (_, rest) = signed.split_once('.').unwrap();
        [
            ("bare", text.clone()),
            ("bare PIN", PIN.to_owned()),
            ("base64url", encoded.clone()),
            ("three parts", format!("{PIN}.{PIN}.{PIN}")),
            ("alg none", format!("{none}.{encoded}.")),
            ("another header", format!("{encoded}.{rest}")),
            ("a signature short", signed[..signed.len() - 4].to_owned()),
            ("another cty", self.sign(&text, "application/json")),
            ("a credential's cty", self.sign(&text, CREDENTIAL_RESPONSE)),
        ]
        .map(|(name, inside)| (name.to_owned(), inside))
        .into()
    }
}

/// Starts a connector that trusts this factory's signing key in addition to the sandbox's.
async fn rig() -> (Rig, SigningKey) {
    let mut plan = Plan::new().await;
    plan.canary("the factory's PIN", PIN.as_bytes());
    let key = SigningKey::generate("hostile").unwrap();
    let published = key.public_key().to_json();
    plan.hostile
        .inject(KEYS, Fault::changed(move |reply, _| reply["keys"].as_array_mut().unwrap().push(published.clone())));
    (plan.start().await, key)
}

async fn factory(rig: &Rig, shipment: &str, signing_key: SigningKey) -> Factory {
    let details = rig.details(shipment).await;
    let request = details["id"].as_str().unwrap().to_owned();
    let keys = rig.response_keys().await;
    let (_, key) = keys.iter().find(|(id, _)| *id == request).unwrap();
    let serial = details["keys"][0]["serial_number"].as_str().unwrap_or_default().to_owned();
    Factory { signing_key, response_key: key.key(), request, serial }
}

fn in_place_of_the_pin(envelope: String) -> Fault {
    Fault::changed(move |reply, _| {
        let place = reply.pointer_mut("/shipment_items/0/product_data/0/fido_pin_response").unwrap();
        *place = envelope.clone().into();
    })
}

#[tokio::test]
async fn no_leak_from_invalid_pin_responses() {
    let (rig, key) = rig().await;
    let shipment = rig.completed(ADA).await;
    let factory = factory(&rig, &shipment, key).await;
    // A valid response first: it shows that the others are rejected for their own defect.
    rig.hostile.inject(
        STATUS,
        in_place_of_the_pin(factory.seal(&factory.sign(&factory.pin_response().to_string(), PIN_RESPONSE))),
    );
    assert_eq!(rig.resend(&shipment).await.status, StatusCode::NO_CONTENT);
    let misshapen = factory.misshapen().into_iter().map(|(name, text)| (name, factory.sign(&text, PIN_RESPONSE)));
    for (name, inside) in misshapen.chain(factory.unsigned()) {
        rig.hostile.inject(STATUS, in_place_of_the_pin(factory.seal(&inside)));
        let answer = rig.resend(&shipment).await;
        assert!(!answer.status.is_success() && rig.hostile.triggered(), "{name}: {}", answer.text);
    }
    rig.hostile.clear(STATUS);
    assert_eq!(rig.resend(&shipment).await.status, StatusCode::NO_CONTENT);
    rig.assert_silent(&[&shipment]).await;
}

/// The same in a run, with one order for each invalid response.
#[tokio::test]
async fn no_leak_from_invalid_responses_in_a_run() {
    let (rig, key) = rig().await;
    let pkcs8 = key.to_pkcs8().unwrap();
    let mut seen = Vec::new();
    for which in ["unknown members", "swapped", "a PIN in other members", "a PIN as a number"] {
        let shipment = rig.shipped(if seen.len() % 2 == 0 { ADA } else { ALAN }).await;
        let own = factory(&rig, &shipment, SigningKey::from_pkcs8(&pkcs8, "hostile").unwrap()).await;
        rig.hostile.inject(
            &format!("{STATUS} {shipment}"),
            Fault::changed(move |reply, _| {
                let data = &mut reply["shipment_items"][0]["product_data"][0];
                let credential = data["fido_credential_responses"][0].as_str().unwrap().to_owned();
                let mut response = own.open(&credential);
                match which {
                    "unknown members" => {
                        response["pin"] = PIN.into();
                        response["credential"]["pin"] = json!({ "pin": PIN });
                        data["pin"] = own.seal(PIN).into();
                    }
                    "swapped" => {
                        let pin = own.sign(&own.pin_response().to_string(), PIN_RESPONSE);
                        data["fido_credential_responses"][0] = own.seal(&pin).into();
                        data["fido_pin_response"] = credential.into();
                        return;
                    }
                    "a PIN in other members" => {
                        response["credential"]["id"] = PIN.into();
                        response["credential"]["type"] = PIN.into();
                    }
                    _ => {
                        let mut pin = own.open(data["fido_pin_response"].as_str().unwrap());
                        let number = pin["pin"].as_str().unwrap().parse::<f64>().unwrap();
                        pin["pin"] = json!([number, PIN]);
                        data["fido_pin_response"] = own.seal(&own.sign(&pin.to_string(), PIN_RESPONSE)).into();
                    }
                }
                let signed = own.sign(&response.to_string(), CREDENTIAL_RESPONSE);
                data["fido_credential_responses"][0] = own.seal(&signed).into();
            }),
        );
        rig.process().await;
        assert!(rig.hostile.triggered());
        let details = rig.details(&shipment).await;
        let phase = details["phase"].as_str().unwrap();
        let expected = match which {
            "unknown members" => "complete",
            "a PIN as a number" => "registered",
            _ => "fulfilled",
        };
        assert_eq!(phase, expected, "{which}: {details:#}");
        seen.push(shipment);
    }
    rig.assert_silent(&seen.iter().map(String::as_str).collect::<Vec<_>>()).await;
}
