//! Answers of the outside, by property: raw HTTP, and the token endpoint's JSON.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{Clock, Failure, SecretBytes, Timestamp};
use keyferry_http::oauth::{ClientCredentials, ClientCredentialsSettings, Credential, SecretSource, TokenSource as _};
use keyferry_http::{Client, ClientOptions, UrlExt as _, clean, encode_segment};
use keyferry_testkit::loopback::{Loopback, RUNTIME};
use keyferry_testkit::mutation::{any_bytes, any_json, any_text, changed, changes, config, edited, edits};
use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

const SECRET: &str = "HUSH-client-secret";

struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_000, 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

#[async_trait]
impl SecretSource for Still {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        Ok(SecretBytes::new(SECRET.as_bytes().to_vec()))
    }
}

/// Reading the system's roots takes its time.
static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let options = ClientOptions { timeout: Duration::from_secs(5), max_body: 4096, ..ClientOptions::default() };
    Client::new(options).unwrap()
});

fn token_source(loopback: &Loopback) -> ClientCredentials {
    let settings = ClientCredentialsSettings {
        login_endpoint: Url::parse(&loopback.base).unwrap(),
        tenant: "contoso.example".into(),
        client_id: "client".into(),
        resource: "https://graph.microsoft.com".into(),
    };
    ClientCredentials::of_app(settings, CLIENT.clone(), Credential::Secret(Arc::new(Still)), Arc::new(Still)).unwrap()
}

/// Fit for a log: one line, bounded, and no secret.
fn assert_fit(failure: &Failure) -> Result<(), TestCaseError> {
    let shown = failure.to_string();
    prop_assert!(!shown.chars().any(char::is_control) && shown.chars().count() < 2_000, "{:?}", shown);
    prop_assert!(!format!("{failure:?}{shown}").contains("HUSH"), "{:?}", failure);
    Ok(())
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn a_token_is_taken_only_from_a_token_answer(
        changes in changes(),
        any in any_json(),
        edits in edits(),
        status in prop_oneof![6 => Just(200u16), 1 => 200..600u16],
    ) {
        let granted = json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": "HUSH-token"});
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

    /// Whatever bytes come as an answer: an answer within the limit, or an error.
    #[test]
    fn any_bytes_are_an_answer_or_an_error(
        bytes in any_bytes(200),
        edits in edits(),
        length in prop_oneof![Just(3usize), Just(4096), Just(4097), Just(100_000)],
        retry_after in any_text(),
    ) {
        let retry_after: String = retry_after.chars().filter(|c| !c.is_control()).collect();
        let valid = format!("HTTP/1.1 429 X\r\nRetry-After: {retry_after}\r\nContent-Length: {length}\r\n\r\n{}", "x".repeat(length));
        let answers = [bytes, edited(valid.as_bytes(), &edits), valid.into_bytes()];
        RUNTIME.block_on(async {
            let loopback = Loopback::start().await;
            let url = Url::parse(&loopback.base).unwrap();
            for bytes in answers {
                loopback.says_bytes(bytes);
                match CLIENT.get(&url).send().await {
                    Ok(answer) => {
                        prop_assert!(answer.body().len() <= 4096);
                        prop_assert!(answer.retry_after.is_none_or(|wait| wait <= Duration::from_secs(24 * 60 * 60)));
                        prop_assert!((100..1000).contains(&answer.status));
                    }
                    Err(error) => prop_assert!(!error.to_string().chars().any(char::is_control), "{}", error),
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn cleaned_text_is_one_bounded_line(text in prop_oneof![any_text(), "[ a\\n\u{202e}ü]{0,700}"]) {
        let cleaned = clean(&text);
        prop_assert!(cleaned.chars().count() <= 501);
        let harmful = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
        prop_assert!(!cleaned.chars().any(harmful), "{:?}", cleaned);
        prop_assert_eq!(clean(&cleaned), cleaned.clone());
        prop_assert_eq!(cleaned.trim(), cleaned.as_str());
    }

    /// A path segment stays one segment, and comes out as it went in.
    #[test]
    fn a_segment_cannot_leave_its_place(text in any_text()) {
        let encoded = encode_segment(&text);
        prop_assert!(!encoded.contains(['/', '?', '#', '\\', ' ']) && encoded.is_ascii(), "{}", encoded);
        let base = Url::parse("https://api.example/v1").unwrap();
        if let Ok(url) = base.join_segments(["a", text.as_str(), "b"]) {
            let segments: Vec<_> = url.path_segments().unwrap().collect();
            prop_assert_eq!(segments.len(), 4, "{}", url);
            prop_assert_eq!((segments[0], segments[1], segments[3]), ("v1", "a", "b"));
            prop_assert!(url.query().is_none() && url.fragment().is_none() && url.host_str() == Some("api.example"));
        }
    }
}
