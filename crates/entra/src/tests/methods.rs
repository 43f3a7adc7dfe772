use keyferry_domain::{
    CredentialId, Effect, FailureClass, FailureKind, IdentityProvider as _, NewCredential, Operation,
};

use super::*;

const AAGUID: &str = "73402251-f2a8-4f03-873e-3cb6db604b03";

fn credential() -> NewCredential {
    NewCredential {
        credential_id: CredentialId::from_bytes([0xfb; 32]),
        client_data_json: "eyJ0".into(),
        attestation_object: "o2Nm".into(),
        client_extension_results: json!({"credProps": {"rk": true}}).as_object().cloned().unwrap(),
        display_name: "YubiKey 12345678".into(),
    }
}

fn computed_id() -> String {
    format!("{}1", credential().credential_id)
}

fn method() -> Value {
    json!({
        "@odata.context": "https://graph.microsoft.com/beta/$metadata#users('x')/authentication/fido2Methods/$entity",
        "id": computed_id(), "displayName": "YubiKey 12345678", "createdDateTime": "2026-04-20T10:15:30Z",
        "aaGuid": AAGUID, "model": "Security Key NFC", "attestationCertificates": [], "attestationLevel": "attested"
    })
}

async fn registering(answer: Answer) -> Failure {
    World::new([answer]).await.entra.register(&user(UPN), &credential()).await.unwrap_err()
}

async fn finding(answer: Answer) -> Result<Option<keyferry_domain::RegisteredMethod>, Failure> {
    World::new([answer]).await.entra.find(&user(UPN), &credential().credential_id).await
}

#[tokio::test]
async fn registers_credential_with_documented_body() {
    let world = World::new([say(201, method())]).await;
    let registered = world.entra.register(&user(ID), &credential()).await.unwrap();
    assert_eq!(registered.id, computed_id());
    assert_eq!(registered.display_name.as_deref(), Some("YubiKey 12345678"));
    assert_eq!(registered.aaguid.map(|aaguid| aaguid.to_string()).as_deref(), Some(AAGUID));
    assert_eq!(world.lines(), [format!("POST /beta/users/{ID}/authentication/fido2Methods")]);
    let body: Value = serde_json::from_slice(&world.script.received.lock().unwrap()[0].body).unwrap();
    assert_eq!(
        body,
        json!({
            "displayName": "YubiKey 12345678",
            "publicKeyCredential": {
                "id": credential().credential_id.to_base64url(),
                "response": {"clientDataJSON": "eyJ0", "attestationObject": "o2Nm"},
                "clientExtensionResults": {"credProps": {"rk": true}}
            }
        })
    );
}

#[tokio::test]
async fn accepts_response_without_optional_members() {
    let registered = World::new([say(201, json!({"id": computed_id(), "aaGuid": null, "displayName": null}))]).await;
    let registered = registered.entra.register(&user(UPN), &credential()).await.unwrap();
    assert_eq!((registered.display_name, registered.aaguid), (None, None));
}

#[tokio::test]
async fn refused_registration_has_no_effect() {
    for (status, code) in [(400, "badRequest"), (403, "accessDenied"), (405, "methodNotAllowed"), (409, "conflict")] {
        let failure = registering(refuse(status, code, "No.")).await;
        assert_eq!((failure.status(), failure.code(), failure.effect), (Some(status), Some(code), Effect::None));
        assert_eq!(
            (failure.operation, failure.message),
            (Operation::Register, format!("Graph answered {status} {code}: No."))
        );
    }
}

#[tokio::test]
async fn effect_is_unknown_after_invalid_or_missing_response() {
    for (answer, kind) in [
        (say(201, json!({})), FailureKind::InvalidResponse),
        (say(201, json!({"id": ""})), FailureKind::InvalidResponse),
        (refuse(503, "", "Busy."), FailureKind::Answered { status: 503, code: None }),
        (Answer::Never, FailureKind::TimedOut),
    ] {
        let failure = registering(answer).await;
        assert_eq!((&failure.kind, failure.effect), (&kind, Effect::Unknown), "{failure}");
        assert!(!format!("{failure:?}").contains("HUSH"));
    }
}

/// Exchanges the answers of two registrations, as on a connection whose answers are shifted by one.
#[tokio::test]
async fn method_of_another_credential_is_no_registration() {
    let other = CredentialId::from_bytes([0xfa; 32]);
    let mut of_other = method();
    of_other["id"] = json!(crate::method_id(&other));
    let world = World::new([say(201, of_other.clone()), say(201, method())]).await;
    let mut second = credential();
    second.credential_id = other;
    for (user_name, credential) in [(UPN, credential()), ("eve@contoso.example", second)] {
        let failure = world.entra.register(&user(user_name), &credential).await.unwrap_err();
        assert_eq!((failure.code(), failure.effect), (Some("answer-of-another-call"), Effect::Unknown));
        assert_eq!(failure.class(), keyferry_domain::FailureClass::InvalidResponse);
        assert!(failure.message.contains("expected the authentication method of the credential"), "{failure}");
    }
    let failure = finding(say(200, of_other)).await.unwrap_err();
    assert_eq!((failure.code(), failure.effect), (Some("answer-of-another-call"), Effect::None));
}

/// After a registration of unknown effect, the engine looks the credential up, so the response cannot complete a key.
#[tokio::test]
async fn response_to_another_registration_has_unknown_effect() {
    for answer in [Answer::OfAnotherCall(201, method()), Answer::OfAnotherCall(400, json!({}))] {
        let failure = registering(answer).await;
        let kind = FailureKind::Found(keyferry_http::rules::RESPONSE_TO_ANOTHER_CALL);
        assert_eq!((&failure.kind, failure.effect), (&kind, Effect::Unknown), "{failure}");
        assert_eq!(failure.class(), keyferry_domain::FailureClass::InvalidResponse);
    }
    let failure = finding(Answer::OfAnotherCall(200, method())).await.unwrap_err();
    assert_eq!(failure.effect, Effect::None);
}

#[tokio::test]
async fn looks_up_method_by_computed_id() {
    let world = World::new([say(200, method())]).await;
    let found = world.entra.find(&user(UPN), &credential().credential_id).await.unwrap().unwrap();
    assert_eq!(found.id, computed_id());
    let line = format!("GET /beta/users/ada%40contoso.example/authentication/fido2Methods/{}", computed_id());
    assert_eq!(world.lines(), [line]);
}

#[tokio::test]
async fn missing_method_is_none_but_unknown_user_is_a_failure() {
    for answer in [missing(&computed_id()), refuse(404, "itemNotFound", "No such method."), say(404, json!({}))] {
        assert_eq!(finding(answer).await.unwrap(), None);
    }
    let failure = finding(missing("ADA@contoso.example")).await.unwrap_err();
    assert_eq!((failure.operation, failure.status()), (Operation::FindMethod, Some(404)));
    assert_eq!(failure.message, "Could not find user: ada@contoso.example");
}

#[tokio::test]
async fn failed_lookup_has_no_effect() {
    let mut another = method();
    another["id"] = json!("2_4Vb6SXwGtpyc0Tt7rUavuKfLLXk9QYIKTfco9RguI1");
    for answer in [refuse(500, "UnknownError", ""), say(200, json!({"displayName": "x"})), say(200, another)] {
        assert_eq!(finding(answer).await.unwrap_err().effect, Effect::None);
    }
}

#[tokio::test]
async fn lists_methods_with_their_models() {
    let hidden = "Alan\u{202e}s key";
    let value = json!([method(), {"id": "a1", "displayName": hidden, "aaGuid": "unknown", "creationDateTime": null}]);
    let world = World::new([say(200, json!({"@odata.context": "x", "value": value}))]).await;
    let held = world.entra.methods(&user(UPN)).await.unwrap();
    assert_eq!(world.lines(), ["GET /beta/users/ada%40contoso.example/authentication/fido2Methods"]);
    let (first, second) = (&held[0], &held[1]);
    assert_eq!((&first.id, first.model.as_deref()), (&computed_id(), Some("Security Key NFC")));
    assert_eq!(first.aaguid.map(|model| model.to_string()).as_deref(), Some(AAGUID));
    assert_eq!(first.created_at.map(keyferry_domain::time_text).as_deref(), Some("2026-04-20T10:15:30Z"));
    assert!(!second.display_name.as_ref().unwrap().contains('\u{202e}') && second.aaguid.is_none());
    for (answer, class) in [
        (refuse(403, "accessDenied", "Request Authorization failed"), FailureClass::Forbidden),
        (missing(UPN), FailureClass::NotFound),
        (say(200, json!({})), FailureClass::InvalidResponse),
        (say(200, json!({"value": [{"id": ""}]})), FailureClass::InvalidResponse),
        (Answer::OfAnotherCall(200, json!({"value": []})), FailureClass::InvalidResponse),
    ] {
        let failure = World::new([answer]).await.entra.methods(&user(UPN)).await.unwrap_err();
        assert_eq!((failure.class(), failure.operation), (class, Operation::ListMethods), "{failure}");
    }
}

#[tokio::test]
async fn deletion_can_be_repeated_but_not_for_an_unknown_user() {
    let answers = [say(204, json!("")), refuse(404, "resourceNotFound", "No method."), missing(UPN)];
    let world = World::new(answers).await;
    let delete = async || world.entra.delete_method(&user(UPN), "AQ/..").await;
    assert!(delete().await.unwrap().existed);
    assert!(!delete().await.unwrap().existed);
    assert_eq!(delete().await.unwrap_err().message, format!("Could not find user: {UPN}"));
    let line = "DELETE /beta/users/ada%40contoso.example/authentication/fido2Methods/AQ%2F..";
    assert_eq!(world.lines(), [line; 3]);
    let failure = World::new([Answer::Never]).await.entra.delete_method(&user(ID), "AQ1").await.unwrap_err();
    assert_eq!((failure.effect, failure.class()), (Effect::Unknown, FailureClass::Unavailable));
    let failure = World::new([refuse(403, "accessDenied", "No.")]).await.entra.delete_method(&user(ID), "AQ1").await;
    assert!(failure.unwrap_err().remedy().contains("delete passkeys"));
}
