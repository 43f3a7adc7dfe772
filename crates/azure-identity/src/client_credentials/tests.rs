use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use keyferry_domain::{Effect, FailureKind, SecretBytes, Timestamp};
use keyferry_http::{ClientOptions, SecretSource};

use super::*;
use crate::authorized::send_authorized;
use crate::token::TokenSource;
use keyferry_testkit::failures::table;
use keyferry_testkit::scripted::{Double, Then};

#[derive(Default)]
struct ManualClock(AtomicI64);

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(self.0.load(Ordering::SeqCst), 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

struct Fixed;

#[async_trait]
impl SecretSource for Fixed {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        Ok(SecretBytes::new(b"s3cr3t~&=".to_vec()))
    }
}

fn http() -> Client {
    Client::new(ClientOptions { timeout: Duration::from_secs(5), ..ClientOptions::default() }).unwrap()
}

fn source(double: &Double, clock: &Arc<ManualClock>) -> AppTokens {
    source_of(double, clock, Arc::new(Fixed))
}

fn source_of(double: &Double, clock: &Arc<ManualClock>, secret: Arc<dyn SecretSource>) -> AppTokens {
    let settings = GrantSettings {
        login_endpoint: double.url.clone(),
        tenant: "contoso.onmicrosoft.com".into(),
        client_id: "c1".into(),
        resource: "https://graph.example/".into(),
    };
    AppTokens::of_app(settings, http(), AppCredential::Secret(secret), clock.clone()).unwrap()
}

fn granted(token: &str, expires_in: u32) -> Then {
    let body = format!(r#"{{"token_type":"Bearer","expires_in":{expires_in},"access_token":"{token}"}}"#);
    Then::json(200, &body)
}

fn refused() -> Then {
    let description =
        "AADSTS7000215: Invalid client secret provided: s3cr3t~&=. Trace ID: t-1 Correlation ID: c-1 Timestamp: x";
    let body = serde_json::json!({
        "error": "invalid_client", "error_description": description, "error_codes": [7_000_215],
        "trace_id": "t-1", "correlation_id": "c-1", "error_uri": "https://login.example/error?code=7000215",
    });
    Then::json(401, &body.to_string())
}

#[tokio::test]
async fn requests_grant_as_documented() {
    let mut double = Double::start([granted("t1", 3599)]).await;
    let token = source(&double, &Arc::default()).token().await.unwrap();
    assert_eq!(token.expose(), "t1");
    let request = double.requests().remove(0);
    assert!(request.starts_with("POST /contoso.onmicrosoft.com/oauth2/v2.0/token HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("content-type: application/x-www-form-urlencoded\r\n"));
    let body = request.split("\r\n\r\n").nth(1).unwrap();
    assert_eq!(
        body,
        "grant_type=client_credentials&client_id=c1&client_secret=s3cr3t%7E%26%3D\
         &scope=https%3A%2F%2Fgraph.example%2F.default"
    );
}

#[tokio::test]
async fn caches_token_until_five_minutes_before_expiry() {
    let double = Double::start([granted("t1", 3600), granted("t2", 3600)]).await;
    let clock = Arc::new(ManualClock::default());
    let source = source(&double, &clock);
    for (now, token) in [(0, "t1"), (3299, "t1"), (3300, "t2"), (3301, "t2")] {
        clock.0.store(now, Ordering::SeqCst);
        assert_eq!(source.token().await.unwrap().expose(), token, "at {now} s");
    }
}

#[tokio::test]
async fn caches_short_lived_token_for_half_its_lifetime() {
    let double = Double::start([granted("t1", 60), granted("t2", 60)]).await;
    let clock = Arc::new(ManualClock::default());
    let source = source(&double, &clock);
    for (now, token) in [(0, "t1"), (29, "t1"), (30, "t2")] {
        clock.0.store(now, Ordering::SeqCst);
        assert_eq!(source.token().await.unwrap().expose(), token, "at {now} s");
    }
}

#[tokio::test]
async fn concurrent_callers_share_one_acquisition() {
    let mut double = Double::start([granted("t1", 3600)]).await;
    let source = source(&double, &Arc::default());
    let (a, b, c) = tokio::join!(source.token(), source.token(), source.token());
    for token in [a, b, c] {
        assert_eq!(token.unwrap().expose(), "t1");
    }
    assert_eq!(double.requests().len(), 1);
}

#[tokio::test]
async fn concurrent_callers_share_one_failure_and_the_next_one_retries() {
    let mut double = Double::start([refused(), granted("t1", 3600)]).await;
    let source = source(&double, &Arc::default());
    let (a, b) = tokio::join!(source.token(), source.token());
    assert_eq!(a.unwrap_err(), b.unwrap_err());
    assert_eq!(double.requests().len(), 1);
    assert_eq!(source.token().await.unwrap().expose(), "t1");
}

#[tokio::test]
async fn failure_has_code_and_ids_but_no_secret() {
    let double = Double::start([refused()]).await;
    let source = source(&double, &Arc::default());
    let failure = source.token().await.unwrap_err();
    assert_eq!((failure.party, failure.operation), (Party::TokenEndpoint, Operation::AcquireToken));
    assert_eq!((failure.status(), failure.code(), failure.effect), (Some(401), Some("AADSTS7000215"), Effect::None));
    assert_eq!(
        failure.message,
        "the token endpoint answered 401 AADSTS7000215: Invalid client secret provided: (secret)., \
         trace id t-1, correlation id c-1"
    );
    assert!(!format!("{failure:?} {source:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn accepts_lifetime_as_text_after_a_byte_order_mark() {
    let body = "\u{feff}{\"token_type\":\"Bearer\",\"expires_in\":\"3600\",\"access_token\":\"t1\"}";
    let double = Double::start([Then::json(200, body), granted("t2", 3600)]).await;
    let clock = Arc::default();
    let source = source(&double, &clock);
    assert_eq!(source.token().await.unwrap().expose(), "t1");
    // Cached: its lifetime was read.
    assert_eq!(source.token().await.unwrap().expose(), "t1");
}

#[tokio::test]
async fn rejects_invalid_responses() {
    let cases = [
        (Then::json(200, r#"{"token_type":"Bearer","expires_in":1}"#), FailureKind::InvalidResponse),
        (Then::json(200, r#"{"token_type":"mac","expires_in":1,"access_token":"HUSH"}"#), FailureKind::InvalidResponse),
        (
            Then::json(200, r#"{"token_type":"Bearer","expires_in":-1,"access_token":"HUSH"}"#),
            FailureKind::InvalidResponse,
        ),
        (
            Then::json(200, r#"{"token_type":"Bearer","expires_in":"soon","access_token":"HUSH"}"#),
            FailureKind::InvalidResponse,
        ),
        (
            Then::with(
                200,
                "client-request-id: another",
                r#"{"token_type":"Bearer","expires_in":1,"access_token":"HUSH"}"#,
            ),
            FailureKind::Found("response-to-another-call"),
        ),
        (Then::json(502, "<html>"), FailureKind::Answered { status: 502, code: None }),
        (
            Then::json(400, r#"{"error":"invalid_scope"}"#),
            FailureKind::Answered { status: 400, code: Some("invalid_scope".into()) },
        ),
        (
            Then::json(400, r#"{"error":"x","error_description":"AADSTS90002: Tenant not found."}"#),
            FailureKind::Answered { status: 400, code: Some("AADSTS90002".into()) },
        ),
        (Then::Close, FailureKind::ConnectionLost),
    ];
    for (then, kind) in cases {
        let double = Double::start([then]).await;
        let failure = source(&double, &Arc::default()).token().await.unwrap_err();
        assert_eq!((&failure.kind, failure.effect), (&kind, Effect::None));
        assert!(!format!("{failure:?}").contains("HUSH"));
    }
}

#[tokio::test]
async fn invalidate_drops_only_the_refused_token() {
    let double = Double::start([granted("t1", 3600), granted("t2", 3600)]).await;
    let source = source(&double, &Arc::default());
    let old = source.token().await.unwrap();
    source.invalidate(&old);
    assert_eq!(source.token().await.unwrap().expose(), "t2");
    source.invalidate(&old);
    assert_eq!(source.token().await.unwrap().expose(), "t2");
}

#[tokio::test]
async fn retries_once_with_new_token_after_401() {
    let tokens = Double::start([granted("t1", 3600), granted("t2", 3600), granted("t3", 3600)]).await;
    let source = source(&tokens, &Arc::default());
    let mut resource =
        Double::start([Then::json(401, "{}"), Then::json(200, "{}"), Then::json(401, "{}"), Then::json(401, "{}")])
            .await;
    let http = http();
    let call =
        || send_authorized(&source, table(Party::IdentityProvider), Operation::Register, || http.post(&resource.url));
    assert_eq!(call().await.unwrap().status, 200);
    assert_eq!(call().await.unwrap().status, 401);
    let used: Vec<_> =
        resource.requests().iter().map(|text| text.split("Bearer ").nth(1).unwrap()[..2].to_owned()).collect();
    assert_eq!(used, ["t1", "t2", "t2", "t3"]);
}

#[test]
fn debug_does_not_show_the_token() {
    assert_eq!(format!("{:?}", AccessToken::new("HUSH")), "AccessToken(..)");
}

/// Vault with a cache: returns the old secret until that is refused.
struct Rotated(Mutex<Vec<&'static str>>);

#[async_trait]
impl SecretSource for Rotated {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        Ok(SecretBytes::new(self.0.lock().unwrap()[0].as_bytes().to_vec()))
    }

    fn refused(&self, secret: &SecretBytes) {
        let mut versions = self.0.lock().unwrap();
        if versions.len() > 1 && versions[0].as_bytes() == secret.expose() {
            versions.remove(0);
        }
    }
}

#[tokio::test]
async fn rotated_secret_causes_no_failure() {
    let mut double = Double::start([refused(), granted("t1", 3600)]).await;
    let source = source_of(&double, &Arc::default(), Arc::new(Rotated(Mutex::new(vec!["old", "new"]))));
    let (a, b, c) = tokio::join!(source.token(), source.token(), source.token());
    for token in [a, b, c] {
        assert_eq!(token.unwrap().expose(), "t1");
    }
    let sent: Vec<_> = double.requests().iter().map(|request| request.contains("client_secret=new&")).collect();
    assert_eq!(sent, [false, true]);
}

#[tokio::test]
async fn retries_once_and_only_with_another_secret() {
    let mut double = Double::start([refused(), refused(), refused()]).await;
    let versions = Arc::new(Rotated(Mutex::new(vec!["old", "new", "newer"])));
    let source = source_of(&double, &Arc::default(), versions.clone());
    assert_eq!(source.token().await.unwrap_err().code(), Some("AADSTS7000215"));
    assert_eq!(double.requests().len(), 2);
    versions.0.lock().unwrap().truncate(1);
    assert!(source.token().await.is_err());
    assert_eq!(double.requests().len(), 1, "no other secret is available");
}

#[tokio::test]
async fn does_not_retry_if_the_secret_was_not_refused() {
    let description = "AADSTS700016: no such application";
    let body = serde_json::json!({
        "error": "unauthorized_client", "error_description": description, "error_codes": [700_016],
    });
    let mut double = Double::start([Then::json(400, &body.to_string()), granted("t1", 3600)]).await;
    let source = source_of(&double, &Arc::default(), Arc::new(Rotated(Mutex::new(vec!["old", "new"]))));
    assert_eq!(source.token().await.unwrap_err().code(), Some("AADSTS700016"));
    assert_eq!(double.requests().len(), 1);
}

/// Another issuer. Returns a new token after the last one was refused.
#[derive(Default)]
struct Issuer(Mutex<(u32, Option<AccessToken>)>);

#[async_trait]
impl TokenSource for Issuer {
    async fn token(&self) -> Result<AccessToken, Failure> {
        let (number, kept) = &mut *self.0.lock().unwrap();
        let token = kept.get_or_insert_with(|| {
            *number += 1;
            AccessToken::new(format!("HUSH.assertion.{number}"))
        });
        Ok(token.clone())
    }

    fn invalidate(&self, refused: &AccessToken) {
        let kept = &mut self.0.lock().unwrap().1;
        if kept.as_ref().is_some_and(|kept| kept.is_same(refused)) {
            *kept = None;
        }
    }
}

#[tokio::test]
async fn sends_assertion_instead_of_secret_and_replaces_it_once() {
    let description = "AADSTS700024: Client assertion is not within its valid time range. HUSH.assertion.1";
    let expired =
        serde_json::json!({"error": "invalid_client", "error_description": description, "error_codes": [700_024]});
    let expired = || Then::json(401, &expired.to_string());
    let mut double = Double::start([expired(), granted("t1", 3600), expired(), expired()]).await;
    let settings = GrantSettings {
        login_endpoint: double.url.clone(),
        tenant: "t".into(),
        client_id: "c1".into(),
        resource: "https://graph.example".into(),
    };
    let credential = AppCredential::Assertion(Arc::new(Issuer::default()));
    let source = AppTokens::of_app(settings, http(), credential, Arc::<ManualClock>::default()).unwrap();
    let token = source.token().await.unwrap();
    let bodies: Vec<_> =
        double.requests().iter().map(|request| request.split("\r\n\r\n").nth(1).unwrap().to_owned()).collect();
    let body = |number| {
        format!(
            "grant_type=client_credentials&client_id=c1\
             &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
             &client_assertion=HUSH.assertion.{number}&scope=https%3A%2F%2Fgraph.example%2F.default"
        )
    };
    assert_eq!(bodies, [body(1), body(2)]);
    source.invalidate(&token);
    let failure = source.token().await.unwrap_err();
    assert_eq!(failure.code(), Some("AADSTS700024"));
    assert!(!format!("{failure:?} {source:?}").contains("HUSH"), "{failure:?}");
}
