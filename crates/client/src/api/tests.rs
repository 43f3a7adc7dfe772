use async_trait::async_trait;
use keyferry_http::ClientOptions;
use keyferry_testkit::scripted::{Double, Then};

use super::*;
use crate::{Filter, FixedToken, ShipmentQuery, Token, TokenError};

const PAGE: &str = r#"{"items":[],"unreadable":[],"next_cursor":null}"#;
const REFUSAL: &str = r#"{"error_code":"api_error","error_message":"the token has expired"}"#;

/// Has a second token.
struct Two;

#[async_trait]
impl Tokens for Two {
    async fn token(&self) -> Result<Token, TokenError> {
        Ok(Token::new("first-token"))
    }

    async fn another(&self) -> Result<Option<Token>, TokenError> {
        Ok(Some(Token::new("second-token")))
    }
}

fn api(double: &Double, tokens: impl Tokens + 'static) -> Api {
    Api::new(Client::new(ClientOptions::default()).unwrap(), double.url.clone(), Arc::new(tokens))
}

fn query() -> ShipmentQuery {
    ShipmentQuery {
        filter: Filter {
            user: Some("a/b@c".into()),
            phase: vec!["queued".into(), "accepted".into()],
            ..Filter::default()
        },
        ..ShipmentQuery::default()
    }
}

#[tokio::test]
async fn sends_filter_and_token() {
    let mut double = Double::start([Then::json(200, PAGE)]).await;
    let reply = api(&double, FixedToken(Token::new("one"))).shipments(&query()).await.unwrap();
    assert_eq!(reply.json, PAGE);
    let request = double.requests().remove(0);
    assert!(request.starts_with("GET /v1/shipments?phase=queued%2Caccepted&user=a%2Fb%40c "), "{request}");
    assert!(request.contains("authorization: Bearer one\r\n"), "{request}");
}

#[tokio::test]
async fn a_rejected_token_is_replaced_once() {
    let mut double = Double::start([Then::json(401, REFUSAL), Then::json(200, PAGE)]).await;
    api(&double, Two).shipments(&query()).await.unwrap();
    let tokens = |requests: Vec<String>| requests.iter().filter(|text| text.contains("second-token")).count();
    assert_eq!(tokens(double.requests()), 1);
    let double = Double::start([Then::json(401, REFUSAL), Then::json(401, REFUSAL)]).await;
    let error = api(&double, Two).shipments(&query()).await.unwrap_err();
    assert_eq!(error.problem().map(|problem| problem.status), Some(401), "{error}");
}

#[tokio::test]
async fn waits_for_the_rate_limit() {
    let limited = || Then::with(429, "retry-after: 0", r#"{"error_code":"api_error","error_message":"too fast"}"#);
    let mut double = Double::start([limited(), limited(), Then::json(200, PAGE)]).await;
    api(&double, Two).shipments(&query()).await.unwrap();
    assert_eq!(double.requests().len(), 3);
}

/// The id of another service must not become another path.
#[tokio::test]
async fn ids_stay_in_their_segment() {
    let mut double = Double::start([Then::json(404, REFUSAL)]).await;
    let api = api(&double, Two);
    api.shipment("../v1/status?x#y").await.unwrap_err();
    let request = double.requests().remove(0);
    assert!(request.starts_with("GET /v1/shipments/..%2Fv1%2Fstatus%3Fx%23y HTTP"), "{request}");
    assert!(matches!(api.shipment("..").await, Err(ClientError::Url(_))));
    assert!(matches!(api.shipment("").await, Err(ClientError::Url(_))));
}

#[tokio::test]
async fn a_page_of_a_proxy_is_not_an_answer() {
    let double = Double::start([Then::with(502, "content-type: text/html", "<html>bad gateway</html>")]).await;
    let error = api(&double, Two).shipments(&query()).await.unwrap_err();
    assert!(matches!(error, ClientError::NotTheApi { status: 502, .. }) && error.is_in_doubt(), "{error}");
}

/// Counts what was asked for.
#[derive(Default)]
struct Aging(std::sync::Mutex<Vec<u64>>);

#[async_trait]
impl Tokens for Arc<Aging> {
    async fn token(&self) -> Result<Token, TokenError> {
        Ok(Token::new("stale"))
    }

    async fn lasting(&self, at_least: Duration) -> Result<Token, TokenError> {
        self.0.lock().unwrap().push(at_least.as_secs());
        Ok(Token::new("fresh"))
    }

    async fn another(&self) -> Result<Option<Token>, TokenError> {
        self.0.lock().unwrap().push(0);
        Ok(Some(Token::new("other")))
    }
}

/// A body that is read while it is sent cannot be sent again with another token.
#[tokio::test]
async fn an_upload_has_a_token_that_lasts() {
    let mut double = Double::start([Then::json(401, REFUSAL)]).await;
    let tokens = Arc::new(Aging::default());
    let upload = api(&double, Arc::clone(&tokens));
    let error = upload.create_batch("n", "text/csv", None, &b"user_id\n"[..], Some(8)).await.unwrap_err();
    assert!(matches!(error, ClientError::UploadRejected { has_another: true, .. }) && !error.is_in_doubt());
    assert!(error.to_string().ends_with("There is a new token now: repeat the command"), "{error}");
    assert_eq!(*tokens.0.lock().unwrap(), [300, 0]);
    let requests = double.requests();
    assert!(requests.len() == 1 && requests[0].contains("authorization: Bearer fresh"), "{requests:?}");
}
