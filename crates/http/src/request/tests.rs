use std::time::Duration;

use keyferry_domain::{Effect, Failure, FailureKind, Operation, Party};

use super::*;
use crate::{ClientOptions, Pacing};
use keyferry_testkit::failures::table;
use keyferry_testkit::scripted::{Double, Then};

fn client() -> Client {
    Client::new(ClientOptions::default()).unwrap()
}

fn failure(error: CallError) -> Failure {
    error.into_failure(table(Party::DeliveryService), Operation::Order)
}

async fn post_failure(then: Then, options: ClientOptions) -> Failure {
    let double = Double::start([then]).await;
    failure(Client::new(options).unwrap().post(&double.url).send().await.unwrap_err())
}

#[tokio::test]
async fn sends_default_headers_and_a_new_correlation_id() {
    let mut double = Double::start([Then::json(200, "{}"), Then::json(200, "{}")]).await;
    let client = client();
    let first = client.get(&double.url).bearer("token").send().await.unwrap();
    let second = client.get(&double.url).send().await.unwrap();
    let requests = double.requests();
    assert!(requests[0].contains(&format!("client-request-id: {}\r\n", first.correlation)), "{requests:?}");
    assert!(requests[1].contains(&format!("client-request-id: {}\r\n", second.correlation)));
    assert_ne!(first.correlation, second.correlation);
    let id = uuid::Uuid::try_parse(&first.correlation).unwrap();
    assert_eq!((id.get_version_num(), first.correlation.len()), (4, 36));
    for header in ["return-client-request-id: true", "accept: application/json", "authorization: Bearer token"] {
        assert!(requests[0].contains(&format!("{header}\r\n")), "{header} in {requests:?}");
    }
    assert!(requests[0].contains(concat!("user-agent: Keyferry/", env!("CARGO_PKG_VERSION"))));
}

#[tokio::test]
async fn sends_json_and_form_bodies() {
    let mut double = Double::start([Then::json(201, "{}"), Then::json(200, "{}")]).await;
    client().post(&double.url).json(&serde_json::json!({"a": 1})).send().await.unwrap();
    client().post(&double.url).form(&[("secret", "a b&c")]).send().await.unwrap();
    let requests = double.requests();
    assert!(requests[0].contains("content-type: application/json\r\n") && requests[0].ends_with("{\"a\":1}"));
    assert!(requests[1].ends_with("secret=a+b%26c"));
}

#[tokio::test]
async fn does_not_follow_redirects() {
    let mut double = Double::start([Then::with(302, "location: /elsewhere", "")]).await;
    let answer = client().get(&double.url).send().await.unwrap();
    assert_eq!((answer.status, answer.is_success()), (302, false));
    assert_eq!(double.requests().len(), 1);
}

#[tokio::test]
async fn rejects_too_large_response() {
    let options = || ClientOptions { max_body: 10, ..ClientOptions::default() };
    let unannounced = Then::Say(format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(11)));
    for then in [Then::json(200, &"x".repeat(11)), unannounced] {
        let failure = post_failure(then, options()).await;
        assert_eq!((&failure.kind, failure.effect), (&FailureKind::InvalidResponse, Effect::Unknown));
        assert!(failure.message.contains("more than 10 bytes"), "{failure}");
    }
    let double = Double::start([Then::json(200, &"x".repeat(10))]).await;
    assert_eq!(Client::new(options()).unwrap().get(&double.url).send().await.unwrap().body().len(), 10);
}

#[tokio::test]
async fn effect_of_post_is_unknown_without_response() {
    let options = ClientOptions { timeout: Duration::from_millis(50), ..ClientOptions::default() };
    let late_body = Then::Say("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab".into());
    for (then, kind) in [
        (Then::Hang, FailureKind::TimedOut),
        (Then::Close, FailureKind::ConnectionLost),
        (late_body, FailureKind::ConnectionLost),
    ] {
        let generous = ClientOptions::default();
        let failure = post_failure(then, if kind == FailureKind::TimedOut { options.clone() } else { generous }).await;
        assert_eq!((&failure.kind, failure.effect), (&kind, Effect::Unknown), "{failure}");
        assert!(failure.correlation.is_some());
    }
}

#[tokio::test]
async fn idempotent_call_without_response_has_no_effect() {
    let double = Double::start([Then::Close, Then::Close]).await;
    let get = failure(client().get(&double.url).send().await.unwrap_err());
    let post = failure(client().post(&double.url).idempotent(true).send().await.unwrap_err());
    assert_eq!((get.effect, post.effect), (Effect::None, Effect::None));
}

#[tokio::test]
async fn refused_connection_has_no_effect() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let failure = failure(client().post(&url).send().await.unwrap_err());
    assert_eq!((failure.kind, failure.effect), (FailureKind::Unreachable, Effect::None));
}

#[tokio::test]
async fn rejects_plain_http_to_other_hosts() {
    for url in ["http://graph.example/x", "http://10.0.0.1/", "ftp://localhost/", "https://user:pw@graph.example/"] {
        let failure = failure(client().post(&Url::parse(url).unwrap()).send().await.unwrap_err());
        assert_eq!((&failure.kind, failure.effect), (&FailureKind::Found("request-not-sent"), Effect::None), "{url}");
        assert!(!failure.message.contains("pw"), "{failure}");
    }
}

#[tokio::test]
async fn errors_contain_no_query_token_or_body() {
    let double = Double::start([Then::Close, Then::json(200, "{\"pin\":\"HUSH-4711\"}")]).await;
    let mut url = double.url.join("/workflows/1").unwrap();
    url.set_query(Some("sig=HUSH-query"));
    let lost = client().post(&url).bearer("HUSH-token").json(&"HUSH-body").send().await.unwrap_err();
    let answer = client().post(&url).bearer("HUSH-token").send().await.unwrap();
    let strange = answer.json::<std::collections::BTreeMap<String, u8>>().unwrap_err();
    let bad_header = client().post(&url).bearer("HUSH\ntoken").send().await.unwrap_err();
    let refused = Url::parse("http://graph.example/x?sig=HUSH").unwrap();
    let not_sent = client().post(&refused).send().await.unwrap_err();
    assert!(lost.to_string().contains("/workflows/1"), "{lost}");
    for error in [lost, strange, bad_header, not_sent] {
        assert!(!format!("{error} {error:?}").contains("HUSH"), "{error:?}");
    }
    assert!(!format!("{answer:?}").contains("HUSH"));
}

#[tokio::test]
async fn rate_limited_client_gets_responses() {
    let double = Double::start([Then::json(200, "{}"), Then::json(200, "{}")]).await;
    let pacing = Some(Pacing { requests: 1000, per: Duration::from_secs(1), longest_wait: None });
    let client = Client::new(ClientOptions { pacing, ..ClientOptions::default() }).unwrap();
    for _ in 0..2 {
        assert!(client.get(&double.url).send().await.unwrap().is_success());
    }
}

#[tokio::test]
async fn call_beyond_the_longest_wait_is_not_sent_and_says_when_to_retry() {
    let mut double = Double::start([Then::json(200, "{}"), Then::json(200, "{}")]).await;
    let pacing = Some(Pacing { requests: 1, per: Duration::from_secs(1), longest_wait: Some(Duration::ZERO) });
    let client = Client::new(ClientOptions { pacing, ..ClientOptions::default() }).unwrap();
    let post = || client.post(&double.url);
    assert!(post().send().await.unwrap().is_success());
    let failure = failure(post().send().await.unwrap_err());
    assert_eq!((&failure.kind, failure.effect), (&FailureKind::Found(crate::QUEUE_FULL), Effect::None));
    assert!(failure.retry_after.is_some_and(|wait| wait > Duration::ZERO && wait < Duration::from_millis(1100)));
    assert!(failure.correlation.is_some());
    assert_eq!(double.requests().len(), 1);
    let waited = client.get(&double.url).unlimited_wait().send().await.unwrap();
    assert!(waited.is_success());
}

#[test]
fn rejects_invalid_root_certificates() {
    for pem in ["", "not PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let options = ClientOptions { extra_roots_pem: vec![pem.into()], ..ClientOptions::default() };
        let error = Client::new(options).err().unwrap();
        assert!(matches!(error, crate::Error::Roots(_)), "{pem:?}: {error}");
    }
}

#[tokio::test]
async fn removes_secrets_of_the_request_from_the_response() {
    let secrets = ["tok-qV8k41ZxPw", "form/+S3cret", "Zk3+9qT0pw/x8aa1"];
    let said = secrets.join(" ");
    let headers = format!("content-type: application/json\r\nrequest-id: {said}\r\nwww-authenticate: {said}");
    let body = serde_json::json!({ "message": format!("{}{said}", "x".repeat(495)), "code": said }).to_string();
    let double = Double::start([Then::with(500, &headers, &body)]).await;
    let url = double.url.join("?sig=Zk3%2B9qT0pw%2Fx8aa1").unwrap();
    let request = client().post(&url).bearer(secrets[0]).form(&[("secret", secrets[1])]).hide(secrets[1]).hide_query();
    let answer = request.send().await.unwrap();
    let hidden = "(secret) (secret) (secret)";
    assert_eq!((answer.header("request-id"), answer.header("www-authenticate")), (Some(hidden), Some(hidden)));
    let body: serde_json::Value = answer.json().unwrap();
    assert_eq!(body["code"], hidden);
    let message = body["message"].as_str().unwrap();
    let failure = answer.failure(table(Party::DeliveryService), Operation::Order, None, message);
    assert!(failure.message.starts_with("xxx") && failure.message.ends_with("x(secr…"), "{failure}");
}

/// Challenges and access tokens are both base64url of similar JSON, so they have pieces in common.
#[tokio::test]
async fn success_response_keeps_data_that_shares_pieces_with_a_secret() {
    let token =
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJ0aWQiOiIxMTExMTExMS0yMjIyLTQzMzMtODQ0NC01NTU1NTU1NTU1NTUifQ.c2ln";
    let challenge = "eyJhbGciOiJkaXIifQ.eyJ0aWQiOiIxMTExMTExMS0yMjIyLTQzMzMtODQ0NC01NTU1NTU1NTU1NTUifQ";
    let body = format!(r#"{{"challenge":"{challenge}","\u006eote":"{token}"}}"#);
    let double = Double::start([Then::json(200, &body), Then::json(400, &body)]).await;
    let good = client().get(&double.url).bearer(token).send().await.unwrap().json::<serde_json::Value>().unwrap();
    assert_eq!((good["challenge"].as_str().unwrap(), good["note"].as_str().unwrap()), (challenge, "(secret)"));
    let bad = client().get(&double.url).bearer(token).send().await.unwrap().json::<serde_json::Value>().unwrap();
    assert_eq!(bad["challenge"], "eyJhbGciOiJkaXIifQ(secret)");
}

#[tokio::test]
async fn decodes_gzip_and_finds_secrets_in_it() {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(b"\xEF\xBB\xBF{\"note\":\"HUSH-4711\"}").unwrap();
    let body = gzip.finish().unwrap();
    let head = format!("HTTP/1.1 200 X\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len());
    let double = Double::start([Then::Raw([head.into_bytes(), body].concat())]).await;
    let answer = client().get(&double.url).hide("HUSH-4711").send().await.unwrap();
    assert_eq!(answer.json::<serde_json::Value>().unwrap(), serde_json::json!({"note": "(secret)"}));
    assert_eq!(answer.header("content-encoding"), None);
}
