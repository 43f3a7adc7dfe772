//! Tests of placing an order: the request, and the effect that a failure reports.

use keyferry_domain::ports::OrderToPlace;
use keyferry_domain::{DeliveryId, DeliveryService as _, Effect, Failure, FailureKind, Operation, Party};
use keyferry_http::Client;

use crate::testing::service::{Fault, SHIPMENT};
use crate::testing::{World, fakes, url};

async fn place(world: &World) -> Result<DeliveryId, Failure> {
    let sealed = keyferry_domain::ports::SealedKey {
        pin_request: "pin.jwe".into(),
        credential_requests: vec!["credential.jwe".into()],
    };
    let order = fakes::order();
    let result =
        world.delivery.order(&OrderToPlace { request: fakes::shipment(1), order: &order, sealed: &sealed }).await;
    if let Err(failure) = &result {
        assert_eq!((failure.party, failure.operation), (Party::DeliveryService, Operation::Order));
        for token in ["token-1", "token-2", "token-3"] {
            assert!(!format!("{failure} {failure:?}").contains(token), "{failure:?}");
        }
    }
    result.map(|placed| placed.id)
}

async fn fail(fault: Fault) -> Failure {
    let world = World::new().await;
    world.service.fail(fault);
    place(&world).await.unwrap_err()
}

#[tokio::test]
async fn accepted_order_has_id_and_contains_the_sealed_requests() {
    let world = World::new().await;
    assert_eq!(place(&world).await.unwrap().as_str(), SHIPMENT);
    let orders = world.service.orders();
    assert_eq!(orders.len(), 1);
    let item = &orders[0]["shipment_items"][0];
    assert_eq!(item["product_customizations"][0]["fido_pin_request"], "pin.jwe");
    assert_eq!(item["product_customizations"][0]["fido_credential_requests"][0], "credential.jwe");
    assert_eq!(*world.service.shared.authorizations.lock().unwrap(), ["Bearer token-1"]);
}

#[tokio::test]
async fn any_2xx_with_id_is_an_accepted_order() {
    for status in [200, 201, 202] {
        let world = World::new().await;
        world.service.fail(Fault::Answer(status, r#"{"shipment_id":"x1","else":null}"#));
        assert_eq!(place(&world).await.unwrap().as_str(), "x1");
    }
}

#[tokio::test]
async fn a_2xx_without_id_has_unknown_effect() {
    for body in ["", "<html>", "{}", r#"{"shipment_id":null}"#, r#"{"shipment_id":{}}"#, r#"["x1"]"#] {
        let failure = fail(Fault::Answer(200, body)).await;
        assert_eq!((&failure.kind, failure.effect), (&FailureKind::InvalidResponse, Effect::Unknown), "{body}");
        assert!(failure.correlation.is_some());
    }
}

/// inferred: the delivery service may return the id of the call. If it does, it must be ours.
#[tokio::test]
async fn response_to_another_order_has_unknown_effect() {
    let another = ("client-request-id", "0a1b2c3d-0000-4000-8000-00000000000f");
    for (status, body) in [(200, r#"{"shipment_id":"x1"}"#), (400, r#"{"code":"validation_error"}"#)] {
        let failure = fail(Fault::AnswerWith(status, another, body)).await;
        let kind = FailureKind::Found(keyferry_http::rules::RESPONSE_TO_ANOTHER_CALL);
        assert_eq!((&failure.kind, failure.effect), (&kind, Effect::Unknown));
        assert_eq!(failure.class(), keyferry_domain::FailureClass::InvalidResponse);
    }
}

#[tokio::test]
async fn refusal_has_no_effect_and_keeps_the_services_message() {
    let body = r#"{"code":"validation_error","message":"Input for Last Name exceeded limit of 20 characters"}"#;
    let failure = fail(Fault::Answer(400, body)).await;
    assert_eq!(failure.kind, FailureKind::Answered { status: 400, code: Some("validation_error".into()) });
    assert_eq!(failure.message, "Input for Last Name exceeded limit of 20 characters");
    assert_eq!(failure.effect, Effect::None);
    for status in [400, 403, 404, 409, 413, 422] {
        let failure = fail(Fault::Answer(status, body)).await;
        assert_eq!((failure.status(), failure.effect), (Some(status), Effect::None));
    }
}

const PAGE: &str = "<!doctype html><title>403 Forbidden</title><p>Blocked by the filter.";

/// A gateway can answer after the delivery service accepted the order behind it.
#[tokio::test]
async fn a_4xx_of_a_gateway_has_unknown_effect() {
    let bodies = [
        "",
        PAGE,
        r#"{"message":"Forbidden"}"#,
        r#"{"code":7,"message":"PERMISSION_DENIED"}"#,
        r#"{"error":{"code":"forbidden","message":"no"}}"#,
    ];
    for body in bodies {
        for status in [400, 403, 404, 405, 407, 409, 413, 422, 431, 451, 499] {
            let failure = fail(Fault::Answer(status, body)).await;
            assert_eq!((failure.status(), failure.effect), (Some(status), Effect::Unknown), "{status} {body}");
            assert!(failure.message.contains(&status.to_string()), "{failure}");
            assert!(!failure.message.contains("filter"), "{failure}");
        }
    }
}

/// RFC 9110 section 15.5.2: the request was not applied.
#[tokio::test]
async fn a_401_has_no_effect_whatever_its_body() {
    for body in ["", PAGE, r#"{"code":"unauthorized","message":"invalid token"}"#] {
        let failure = fail(Fault::Answer(401, body)).await;
        assert_eq!((failure.status(), failure.effect), (Some(401), Effect::None), "{body}");
    }
}

#[tokio::test]
async fn throttling_has_no_effect_and_returns_retry_after() {
    for body in ["", PAGE, r#"{"code":"throttled","message":"slower"}"#] {
        let failure = fail(Fault::AnswerWith(429, ("retry-after", "17"), body)).await;
        assert_eq!((failure.status(), failure.effect), (Some(429), Effect::None), "{body}");
        assert_eq!(failure.retry_after, Some(std::time::Duration::from_secs(17)));
    }
}

#[tokio::test]
async fn redirects_timeouts_and_server_errors_have_unknown_effect() {
    for status in [302, 303, 408, 500, 502, 503, 504] {
        let failure = fail(Fault::Answer(status, r#"{"code":"oops","message":"sorry"}"#)).await;
        assert_eq!((failure.status(), failure.effect), (Some(status), Effect::Unknown));
        assert_eq!(failure.code(), Some("oops"));
    }
    let failure = fail(Fault::Answer(307, "")).await;
    assert_eq!(failure.effect, Effect::None);
}

#[tokio::test]
async fn lost_response_has_unknown_effect_and_is_not_retried() {
    for (fault, kind) in
        [(Fault::CutAfterCommit, FailureKind::ConnectionLost), (Fault::SilentAfterCommit, FailureKind::TimedOut)]
    {
        let world = World::new().await;
        world.service.fail(fault);
        let failure = place(&world).await.unwrap_err();
        assert_eq!((failure.kind, failure.effect), (kind, Effect::Unknown));
        assert_eq!(world.service.orders().len(), 1);
    }
}

#[tokio::test]
async fn connection_closed_without_response_has_unknown_effect() {
    use tokio::io::AsyncReadExt as _;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let _ = connection.read(&mut [0; 1024]).await;
        }
    });
    let world = World::with(|settings| settings.api_base = url(&format!("http://{address}/v1"))).await;
    let failure = place(&world).await.unwrap_err();
    assert_eq!((failure.kind, failure.effect), (FailureKind::ConnectionLost, Effect::Unknown));
}

#[tokio::test]
async fn refused_connection_has_no_effect() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let world = World::with(|settings| settings.api_base = url(&format!("http://{address}/v1"))).await;
    let failure = place(&world).await.unwrap_err();
    assert_eq!((failure.kind, failure.effect), (FailureKind::Unreachable, Effect::None));
}

#[tokio::test]
async fn refused_token_is_read_again_but_not_sent_twice() {
    let world = World::new().await;
    *world.service.shared.token.lock().unwrap() = Some("token-2");
    let failure = place(&world).await.unwrap_err();
    assert_eq!((failure.status(), failure.code(), failure.effect), (Some(401), Some("unauthorized"), Effect::None));
    assert_eq!(world.tokens.asked(), 2);
    assert_eq!(world.service.shared.authorizations.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn newer_token_is_tried_once() {
    let world = World::new().await;
    world.tokens.set(["token-1", "token-2", "token-3"]);
    *world.service.shared.token.lock().unwrap() = Some("token-2");
    assert_eq!(place(&world).await.unwrap().as_str(), SHIPMENT);
    assert_eq!(world.service.orders().len(), 1);

    world.tokens.set(["token-1", "token-3", "token-2"]);
    let failure = place(&world).await.unwrap_err();
    assert_eq!(failure.status(), Some(401));
    assert_eq!(world.service.shared.authorizations.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn rejects_token_that_is_not_a_valid_header_value() {
    let world = World::new().await;
    for bad in ["", " ", "tok en", "to\nken", "tökèn"] {
        world.tokens.set([bad]);
        let failure = place(&world).await.unwrap_err();
        assert_eq!(failure.code(), Some("token-not-text"));
    }
    world.tokens.set(["token-1\n"]);
    assert!(place(&world).await.is_ok());
}

#[tokio::test]
async fn echoed_token_is_redacted() {
    let failure = fail(Fault::Answer(400, r#"{"code":"bad token-1","message":"token-1 may not order"}"#)).await;
    assert_eq!(failure.message, "(secret) may not order");
    assert_eq!(failure.code(), Some("bad (secret)"));
}

#[test]
fn adapter_is_send_and_sync() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<crate::Delivery>();
    shared::<Client>();
}
