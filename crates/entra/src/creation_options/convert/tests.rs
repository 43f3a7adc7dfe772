use super::*;

/// Returns a response captured from the beta API (2024-06), with shortened values.
fn captured() -> Object {
    let body = json!({
        "@odata.context":
            "https://graph.microsoft.com/beta/$metadata#microsoft.graph.webauthnCredentialCreationOptions",
        "challengeTimeoutDateTime": "2024-06-13T11:26:35Z",
        "publicKey": {
            "rp": {"id": "login.microsoft.com", "name": "Microsoft"},
            "user": {"id": "T0Y6mho3vwFprE6a", "name": "john@contoso.com", "displayName": "John Doe"},
            "challenge": "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZ",
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}],
            "timeout": 60000,
            "excludeCredentials": [
                {"type": "public-key", "id": "GshyINLMaOOwqt1LNUi0gQ==", "transports": ["usb", "nfc"]}
            ],
            "authenticatorSelection": {
                "authenticatorAttachment": "cross-platform", "requireResidentKey": true, "userVerification": "required"
            },
            "attestation": "direct",
            "extensions": {"hmacCreateSecret": true, "credentialProtectionPolicy": "userVerificationOptional"}
        }
    });
    body.as_object().cloned().unwrap()
}

/// Returns the captured response with one member of `publicKey` replaced, or set to null.
fn with(name: &str, value: Value) -> Object {
    let mut body = captured();
    body.get_mut("publicKey").unwrap().as_object_mut().unwrap().insert(name.into(), value);
    body
}

#[test]
fn converts_captured_response() {
    let options = convert(captured()).unwrap();
    assert_eq!(options.rp_id, "login.microsoft.com");
    assert_eq!(options.user_handle.as_str(), "T0Y6mho3vwFprE6a");
    assert_eq!(options.deadline.to_rfc3339(), "2024-06-13T11:26:35+00:00");
    assert_eq!((options.existing_credentials, options.user_name()), (1, Some("john@contoso.com")));
    assert_eq!(
        Value::Object(options.public_key),
        json!({
            "rp": {"id": "login.microsoft.com", "name": "Microsoft"},
            "user": {"id": "T0Y6mho3vwFprE6a", "name": "john@contoso.com", "displayName": "John Doe"},
            "challenge": "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZ",
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}],
            "excludeCredentials":
                [{"type": "public-key", "id": "GshyINLMaOOwqt1LNUi0gQ", "transports": ["usb", "nfc"]}],
            "authenticatorSelection": {
                "authenticatorAttachment": "cross-platform", "requireResidentKey": true, "userVerification": "required"
            },
            "attestation": "direct",
            "extensions": {"hmacCreateSecret": true, "credentialProtectionPolicy": "userVerificationOptional"}
        })
    );
}

#[test]
fn accepts_documented_wrapper() {
    let wrapped = json!({"value": captured()}).as_object().cloned().unwrap();
    assert_eq!(convert(wrapped).unwrap(), convert(captured()).unwrap());
}

#[test]
fn does_not_change_the_challenge() {
    for challenge in ["a+/b==", "not base64 at all…", &"Zx".repeat(4_000)] {
        let options = convert(with("challenge", json!(challenge))).unwrap();
        assert_eq!(options.challenge, challenge);
        assert_eq!(options.public_key["challenge"], challenge);
    }
}

#[test]
fn removes_annotations_but_keeps_extensions() {
    let mut body = with("rp", json!({"@odata.type": "#x", "id": "contoso.ciamlogin.com", "name": "C"}));
    let public_key = body.get_mut("publicKey").unwrap().as_object_mut().unwrap();
    public_key.insert("@odata.type".into(), json!("#y"));
    public_key.insert("attestation".into(), Value::Null);
    public_key.insert("extensions".into(), json!({"a@b": 1, "c": null}));
    let options = convert(body).unwrap();
    assert_eq!(options.rp_id, "contoso.ciamlogin.com");
    assert_eq!(options.public_key["rp"], json!({"id": "contoso.ciamlogin.com", "name": "C"}));
    assert_eq!(options.public_key["extensions"], json!({"a@b": 1, "c": null}));
    assert!(!options.public_key.contains_key("attestation") && !options.public_key.contains_key("@odata.type"));
}

#[test]
fn converts_user_handle_to_base64url_without_padding() {
    let options = convert(with("user", json!({"id": "+/8=", "name": "n", "displayName": "d"}))).unwrap();
    assert_eq!(options.user_handle.as_str(), "-_8");
    assert_eq!(options.public_key["user"]["id"], "-_8");
}

#[test]
fn excludes_every_decoding_of_an_id_and_ignores_unknown_ones() {
    let ambiguous = format!("{}1", URL_SAFE_NO_PAD.encode([7; 32]));
    let excluded = json!([{"id": ambiguous, "transports": []}, {"id": "no id!"}, {"id": null}, "x"]);
    let options = convert(with("excludeCredentials", excluded)).unwrap();
    assert_eq!(
        options.public_key["excludeCredentials"],
        json!([
            {"id": ambiguous, "type": "public-key", "transports": []},
            {"id": ambiguous[..43], "type": "public-key", "transports": []}
        ])
    );
    // Each descriptor is one credential, whatever its encoding.
    assert_eq!(options.existing_credentials, 4);
    assert!(!convert(with("excludeCredentials", Value::Null)).unwrap().public_key.contains_key("excludeCredentials"));
}

#[test]
fn error_names_the_invalid_member() {
    let mut no_deadline = captured();
    no_deadline.insert("challengeTimeoutDateTime".into(), json!("tomorrow"));
    let mut no_key = captured();
    no_key.remove("publicKey");
    for (body, member) in [
        (no_deadline, "challengeTimeoutDateTime"),
        (no_key, "publicKey"),
        (with("challenge", json!("")), "challenge"),
        (with("challenge", json!(7)), "challenge"),
        (with("rp", json!({"name": "x"})), "rp.id"),
        (with("user", Value::Null), "publicKey.user"),
        (with("user", json!({"id": "not base64!"})), "user.id"),
        (with("pubKeyCredParams", json!([])), "pubKeyCredParams"),
        (with("excludeCredentials", json!({})), "excludeCredentials"),
    ] {
        assert!(convert(body).unwrap_err().contains(member), "{member}");
    }
}
