//! Property tests of Graph's responses.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_domain::{
    CredentialId, Directory as _, Effect, Failure, IdentityProvider as _, NewCredential, ObjectId, UserRef,
};
use keyferry_entra::{Entra, EntraSettings, GraphClients, method_id};
use keyferry_http::{Client, ClientOptions};
use keyferry_testkit::loopback::{Loopback, RUNTIME};
use keyferry_testkit::mutation::{any_json, changed, changes, config, edited, edits};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use url::Url;

/// Shared by all cases, because reading the system's root certificates is slow.
static CLIENT: LazyLock<Client> = LazyLock::new(|| Client::new(ClientOptions::default()).unwrap());

struct Token;

#[async_trait]
impl TokenSource for Token {
    async fn token(&self) -> Result<AccessToken, Failure> {
        Ok(AccessToken::new("HUSH-token"))
    }

    fn invalidate(&self, _: &AccessToken) {}
}

fn adapter(loopback: &Loopback) -> Entra {
    let settings = EntraSettings::new(Url::parse(&loopback.base).unwrap());
    let clients = GraphClients { methods: CLIENT.clone(), directory: CLIENT.clone() };
    Entra::new(settings, clients, Arc::new(Token))
}

fn credential() -> CredentialId {
    CredentialId::from_bytes([0xfb; 32])
}

fn assert_fit(failure: &Failure) -> Result<(), TestCaseError> {
    let shown = failure.to_string();
    prop_assert!(!shown.chars().any(char::is_control) && shown.chars().count() < 2_000, "{:?}", shown);
    prop_assert!(!format!("{failure:?}{shown}").contains("HUSH"), "{:?}", failure);
    Ok(())
}

fn statuses() -> impl Strategy<Value = u16> {
    prop_oneof![6 => Just(200u16), 1 => prop::sample::select(vec![201u16, 204, 400, 403, 404, 409, 429, 500, 503])]
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn reads_or_rejects_any_response(
        changes in changes(),
        any in any_json(),
        edits in edits(),
        status in statuses(),
    ) {
        let valid = json!({
            // Creation options, a method and a person in one. Each reader ignores the other members.
            "challengeTimeoutDateTime": "2026-01-15T10:00:00Z",
            "publicKey": {
                "rp": {"id": "login.microsoft.com", "name": "Microsoft"},
                "user": {"id": "T0Y6", "name": "ada@contoso.example", "displayName": "Ada"},
                "challenge": "ZXlK",
                "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
                "excludeCredentials": [{"id": "AQID", "type": "public-key", "transports": []}],
            },
            "id": method_id(&credential()),
            "displayName": "Ada",
            "aaGuid": "73402251-f2a8-4f03-873e-3cb6db604b03",
            "mail": "grace@contoso.example",
            "userPrincipalName": "ada@contoso.example",
            "manager": {"id": "a1000000-0000-4000-8000-000000000002", "mail": "grace@contoso.example"},
            "error": {"code": "badRequest", "message": "no"},
        });
        let bodies = [
            changed(&valid, &changes).to_string().into_bytes(),
            any.to_string().into_bytes(),
            edited(valid.to_string().as_bytes(), &edits),
        ];
        RUNTIME.block_on(async {
            let loopback = Loopback::start().await;
            let entra = adapter(&loopback);
            let user = UserRef::parse("ada@contoso.example").unwrap();
            for bytes in bodies {
                loopback.says(status, "Content-Type: application/json\r\n", &bytes);
                // Bodies that are not JSON must be rejected, so this value is not read for them.
                let body: Value = serde_json::from_str(&String::from_utf8_lossy(&bytes)).unwrap_or_default();

                match entra.creation_options(&user, Duration::from_secs(1_209_600)).await {
                    Ok(options) => {
                        prop_assert_eq!(status, 200);
                        let public_key = &body["publicKey"];
                        prop_assert_eq!(options.challenge.as_str(), public_key["challenge"].as_str().unwrap());
                        prop_assert_eq!(options.rp_id.as_str(), public_key["rp"]["id"].as_str().unwrap());
                        let name = public_key["user"]["name"].as_str();
                        prop_assert!(name.is_none_or(|name| name.to_lowercase() == user.to_string()));
                        prop_assert_eq!(options.user_handle.as_str(), public_key["user"]["id"].as_str().unwrap());
                        prop_assert!(!options.challenge.is_empty() && !options.rp_id.is_empty());
                        prop_assert!(body["challengeTimeoutDateTime"].is_string());
                    }
                    Err(failure) => assert_fit(&failure)?,
                }
                match entra.find(&user, &credential()).await {
                    Ok(Some(method)) => prop_assert_eq!(Some(method.id.as_str()), body["id"].as_str()),
                    Ok(None) => prop_assert_eq!(status, 404),
                    Err(failure) => assert_fit(&failure)?,
                }
                let new = NewCredential {
                    credential_id: credential(),
                    client_data_json: "e30".into(),
                    attestation_object: "oA".into(),
                    client_extension_results: Map::new(),
                    display_name: "Key".into(),
                };
                match entra.register(&user, &new).await {
                    Ok(method) => prop_assert_eq!(Some(method.id.as_str()), body["id"].as_str()),
                    Err(failure) => {
                        // The effect is unknown after 5xx, and after a success response that cannot be read.
                        let in_doubt = (200..300).contains(&status) || status >= 500;
                        prop_assert_eq!(failure.effect == Effect::Unknown, in_doubt, "{:?}", failure);
                        assert_fit(&failure)?;
                    }
                }
                match entra.entry(&user, true).await {
                    Ok(entry) => {
                        let name = body["userPrincipalName"].as_str().unwrap();
                        prop_assert_eq!(name.to_lowercase(), user.to_string());
                        let people = [(Some(&entry.person), &body), (entry.manager.as_ref(), &body["manager"])];
                        for (person, body) in people {
                            let Some(person) = person else { continue };
                            let mail = body["mail"].as_str().map(str::trim);
                            prop_assert!(person.mail.as_ref().is_none_or(|address| Some(address.as_str()) == mail));
                            prop_assert_eq!(person.id, body["id"].as_str().and_then(ObjectId::parse));
                        }
                    }
                    Err(failure) => assert_fit(&failure)?,
                }
            }
            Ok(())
        })?;
    }
}
