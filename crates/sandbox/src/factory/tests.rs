use keyferry_jose::Error;
use keyferry_webauthn::{
    Aaguid, AttestationObject, AttestationPolicy, AuthenticationResponse, ClientData, Flags, RegistrationExpectations,
    RegistrationResponse, TrustAnchors, VerifiedCredential, verify_registration,
};
use serde_json::{Value, json};

use super::authenticators::FOREIGN;
use crate::testing::Bench;
use crate::testing::requester::Requester;

const NFC: &str = "d7781e5d-e353-46aa-afe2-3ca49f13332a";
const FIPS: &str = "fcc0118f-cd45-435b-8da1-9782b2da0715";

fn verified(bench: &Bench, credential: &Value) -> Result<VerifiedCredential, keyferry_webauthn::Error> {
    let response: RegistrationResponse = serde_json::from_value(credential.clone()).unwrap();
    let anchors = TrustAnchors::from_pem(&[bench.sandbox.attestation_root_pem().as_bytes()], &[]).unwrap();
    let expected = RegistrationExpectations {
        challenge: "Y2hhbGxlbmdl".to_owned(),
        rp_id: "localhost".to_owned(),
        origins: vec!["https://localhost".to_owned()],
        require_user_verification: true,
        require_device_bound: true,
        algorithms: vec![-7],
        excluded: Vec::new(),
        attestation: AttestationPolicy::RequireTrusted(&anchors),
        allowed_aaguids: Some(vec![NFC.parse().unwrap(), FIPS.parse().unwrap()]),
        time: chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
    };
    verify_registration(&expected, &response)
}

#[tokio::test]
async fn credential_matches_the_order() {
    let bench = Bench::start().await;
    for (product_id, aaguid) in [(1, NFC), (29, NFC), (54, FIPS), (55, FIPS)] {
        let requester = Requester { product_id, ..Requester::new(&bench) };
        let id = requester.order_and_ship().await;
        let (credential, _) = requester.responses(&id).await;
        let credential = verified(&bench, &credential["credential"]).unwrap();
        assert_eq!(credential.aaguid, aaguid.parse::<Aaguid>().unwrap());
        let all = Flags::UP.with(Flags::UV).with(Flags::AT).with(Flags::ED);
        assert_eq!(credential.flags, all);
        assert_eq!(credential.extensions.cred_protect(), Some(1));
        assert_eq!(credential.extensions.hmac_secret(), Some(true));
    }
}

#[tokio::test]
async fn returns_only_requested_extensions() {
    let bench = Bench::start().await;
    let mut requester = Requester::new(&bench);
    requester.creation_options["extensions"] = Value::Null;
    let id = requester.order_and_ship().await;
    let (credential, _) = requester.responses(&id).await;
    let credential = verified(&bench, &credential["credential"]).unwrap();
    assert!(credential.extensions.is_empty() && !credential.flags.contains(Flags::ED));
}

struct Parts {
    client: ClientData,
    object: AttestationObject,
}

fn parts(credential: &Value) -> Parts {
    let response: RegistrationResponse = serde_json::from_value(credential.clone()).unwrap();
    Parts {
        client: ClientData::parse(response.response.client_data_json.as_ref()).unwrap(),
        object: AttestationObject::parse(response.response.attestation_object.as_ref()).unwrap(),
    }
}

#[tokio::test]
async fn tampered_credentials_have_exactly_one_defect() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let id = requester.order_and_ship().await;
    let valid = parts(&requester.responses(&id).await.0["credential"]);
    let defects = ["wrong_challenge", "wrong_origin", "wrong_rp", "no_uv", "wrong_aaguid", "bad_attestation"];
    for what in defects {
        requester.tamper(&id, what).await;
        let (response, _) = requester.responses(&id).await;
        assert!(verified(&bench, &response["credential"]).is_err(), "{what} was accepted");
        let tampered = parts(&response["credential"]);
        let (old, new) = (&valid.object.auth_data, &tampered.object.auth_data);
        assert_eq!(tampered.client.challenge != valid.client.challenge, what == "wrong_challenge", "{what}");
        assert_eq!(tampered.client.origin != valid.client.origin, what == "wrong_origin", "{what}");
        assert_eq!(new.rp_id_hash != old.rp_id_hash, what == "wrong_rp", "{what}");
        assert_eq!(new.flags != old.flags, what == "no_uv", "{what}");
        let aaguid = |data: &keyferry_webauthn::AuthenticatorData| data.attested.as_ref().unwrap().aaguid;
        assert_eq!(aaguid(new) != aaguid(old), what == "wrong_aaguid", "{what}");
        if what == "wrong_aaguid" {
            assert_eq!(aaguid(new), Aaguid::from_bytes(*FOREIGN.aaguid.as_bytes()));
        }
    }
    requester.tamper(&id, "none").await;
    verified(&bench, &requester.responses(&id).await.0["credential"]).unwrap();
}

#[tokio::test]
async fn tampered_envelopes_have_the_named_defect() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let id = requester.order_and_ship().await;
    let data = async |what: &str| {
        requester.tamper(&id, what).await;
        requester.shipment(&id).await["shipment_items"][0]["product_data"][0].clone()
    };
    let text = |data: &Value, pointer: &str| data.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let (credential, pin) = ("/fido_credential_responses/0", "/fido_pin_response");

    let garbage = data("garbage").await;
    assert!(matches!(requester.open(&text(&garbage, credential), "").await, Err(Error::Parts { .. })));
    let unsigned = data("unsigned").await;
    assert!(matches!(requester.open(&text(&unsigned, pin), "").await, Err(Error::Algorithm { .. })));
    let forged = data("wrong_signer").await;
    assert!(matches!(requester.open(&text(&forged, pin), "").await, Err(Error::Signature { .. })));
    let half = data("pin_only").await;
    assert_eq!(half["fido_credential_responses"], json!([]));
    requester.open(&text(&half, pin), "pin-response").await.unwrap();
    let half = data("credential_only").await;
    assert_eq!(half["fido_pin_response"], Value::Null);
    requester.open(&text(&half, credential), "credential-response").await.unwrap();

    requester.tamper(&id, "wrong_request_id").await;
    let (of_credential, of_pin) = requester.responses(&id).await;
    assert_ne!(of_credential["request_id"], requester.request_id);
    assert_ne!(of_pin["request_id"], requester.request_id);
    verified(&bench, &of_credential["credential"]).unwrap();

    let unknown = json!({ "what": "nonsense" });
    let answer = bench.post(&format!("control/parcels/{id}/tamper"), &unknown).send().await.unwrap();
    assert_eq!(answer.status(), 400);
}

#[tokio::test]
async fn swap_returns_the_responses_of_the_other_parcel() {
    let bench = Bench::start().await;
    let (one, other) = (Requester::new(&bench), Requester::new(&bench));
    let (mine, theirs) = (one.order_and_ship().await, other.order_and_ship().await);
    one.tamper(&mine, &format!("swap_with:{theirs}")).await;
    let shipment = one.shipment(&mine).await;
    let swapped = shipment["shipment_items"][0]["product_data"][0]["fido_pin_response"].as_str().unwrap();
    assert!(matches!(one.open(swapped, "pin-response").await, Err(Error::Decryption)));
    other.open(swapped, "pin-response").await.unwrap();
}

async fn assertion(bench: &Bench, serial: &str, pin: &str) -> (u16, Value) {
    let options = json!({ "challenge": "c2lnbi1pbg", "rpId": "localhost", "allowCredentials": [] });
    let body = json!({ "pin": pin, "options": options });
    let answer = bench.post(&format!("control/keys/{serial}/assertion"), &body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn delivered_pin_unlocks_the_key_and_wrong_pins_block_it() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let id = requester.order_and_ship().await;
    let (credential, pin) = requester.responses(&id).await;
    let serial = pin["serial_number"].as_str().unwrap();
    let pin = pin["pin"].as_str().unwrap();

    let (status, answer) = assertion(&bench, serial, pin).await;
    assert_eq!(status, 200, "{answer}");
    let answer: AuthenticationResponse = serde_json::from_value(answer).unwrap();
    let client = ClientData::parse(answer.response.client_data_json.as_ref()).unwrap();
    assert_eq!((client.kind.as_str(), client.origin.as_str()), ("webauthn.get", "https://localhost"));
    assert_eq!(json!(answer.id), credential["credential"]["id"]);
    assert_eq!(json!(answer.response.user_handle), "T0Y6YWRh");

    assert_eq!(assertion(&bench, serial, "wrong").await, (403, json!({ "error": "pin_incorrect", "retries_left": 7 })));
    assert_eq!(assertion(&bench, serial, pin).await.0, 200);
    for _ in 0..7 {
        assert_eq!(assertion(&bench, serial, "wrong").await.1["error"], "pin_incorrect");
    }
    assert_eq!(assertion(&bench, serial, "wrong").await.1["error"], "pin_blocked");
    assert_eq!(assertion(&bench, serial, pin).await.1["error"], "pin_blocked");
    assert_eq!(assertion(&bench, "1", pin).await.0, 404);
}

#[tokio::test]
async fn one_time_pin_must_be_changed_first() {
    let bench = Bench::start().await;
    let requester = Requester { customization_id: "ONETIM", ..Requester::new(&bench) };
    let id = requester.order_and_ship().await;
    let (_, response) = requester.responses(&id).await;
    assert_eq!(response["change_on_first_use"], true);
    let (serial, pin) = (response["serial_number"].as_str().unwrap(), response["pin"].as_str().unwrap());
    assert_eq!(assertion(&bench, serial, pin).await, (403, json!({ "error": "pin_change_required" })));
    let change = json!({ "old": pin, "new": "a new one" });
    let answer = bench.post(&format!("control/keys/{serial}/pin"), &change).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(assertion(&bench, serial, "a new one").await.0, 200);
    // The response still has the PIN that the factory set.
    assert_eq!(requester.responses(&id).await.1["pin"], pin);
}

#[tokio::test]
async fn tampered_pin_does_not_unlock_the_key() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let id = requester.order_and_ship().await;
    requester.tamper(&id, "wrong_pin").await;
    let (_, response) = requester.responses(&id).await;
    let serial = response["serial_number"].as_str().unwrap();
    assert_eq!(assertion(&bench, serial, response["pin"].as_str().unwrap()).await.1["error"], "pin_incorrect");
}

#[tokio::test]
async fn shows_the_pin_only_with_reveal() {
    let bench = Bench::start().await;
    let requester = Requester::new(&bench);
    let id = requester.order_and_ship().await;
    let (_, response) = requester.responses(&id).await;
    let (serial, pin) = (response["serial_number"].as_str().unwrap(), response["pin"].as_str().unwrap());
    for path in ["control/keys".to_owned(), format!("control/keys/{serial}"), format!("control/parcels/{id}")] {
        let text = bench.get(&path).send().await.unwrap().text().await.unwrap();
        assert!(text.contains(serial) && !text.contains(pin), "{path}");
    }
    let shown: Value =
        bench.get(&format!("control/keys/{serial}?reveal=pin")).send().await.unwrap().json().await.unwrap();
    assert_eq!(shown["pin"], pin);
}
