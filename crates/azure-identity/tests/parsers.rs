//! Property tests of responses of the token endpoint.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_azure_identity::{AppCredential, AppTokens, GrantSettings, TokenSource as _};
use keyferry_domain::{Clock, Failure, SecretBytes, Timestamp};
use keyferry_http::{Client, ClientOptions, SecretSource};
use keyferry_testkit::loopback::{Loopback, RUNTIME};
use keyferry_testkit::mutation::{any_json, changed, changes, config, edited, edits};
use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

const SECRET: &str = "HUSH-client-secret";

struct FixedClock;

#[async_trait]
impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_000, 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

#[async_trait]
impl SecretSource for FixedClock {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        Ok(SecretBytes::new(SECRET.as_bytes().to_vec()))
    }
}

/// Shared by all cases, because reading the system's root certificates is slow.
static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let options = ClientOptions { timeout: Duration::from_secs(5), max_body: 4096, ..ClientOptions::default() };
    Client::new(options).unwrap()
});

fn token_source(loopback: &Loopback) -> AppTokens {
    let settings = GrantSettings {
        login_endpoint: Url::parse(&loopback.base).unwrap(),
        tenant: "contoso.example".into(),
        client_id: "client".into(),
        resource: "https://graph.microsoft.com".into(),
    };
    AppTokens::of_app(settings, CLIENT.clone(), AppCredential::Secret(Arc::new(FixedClock)), Arc::new(FixedClock))
        .unwrap()
}

/// Asserts that a failure can be logged: one line, of limited length, without a secret.
fn assert_fit(failure: &Failure) -> Result<(), TestCaseError> {
    let shown = failure.to_string();
    prop_assert!(!shown.chars().any(char::is_control) && shown.chars().count() < 2_000, "{:?}", shown);
    prop_assert!(!format!("{failure:?}{shown}").contains("HUSH"), "{:?}", failure);
    Ok(())
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn accepts_only_valid_token_responses(
        changes in changes(),
        any in any_json(),
        edits in edits(),
        status in prop_oneof![6 => Just(200u16), 1 => 200..600u16],
    ) {
        let granted = json!({
            "token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": "HUSH-token",
        });
        let bodies = [
            changed(&granted, &changes).to_string().into_bytes(),
            any.to_string().into_bytes(),
            edited(granted.to_string().as_bytes(), &edits),
        ];
        RUNTIME.block_on(async {
            let loopback = Loopback::start().await;
            for body in bodies {
                loopback.says(status, "Content-Type: application/json\r\n", &body);
                match token_source(&loopback).token().await {
                    Ok(token) => {
                        prop_assert_eq!(status, 200);
                        let body: Value = serde_json::from_slice(&body).unwrap();
                        prop_assert_eq!(token.expose(), body["access_token"].as_str().unwrap());
                        prop_assert!(!token.expose().is_empty());
                        prop_assert!(body["token_type"].as_str().unwrap().eq_ignore_ascii_case("bearer"));
                        prop_assert!(body["expires_in"].is_u64());
                    }
                    Err(failure) => assert_fit(&failure)?,
                }
            }
            Ok(())
        })?;
    }
}
