use serde::Deserialize;

use super::*;
use crate::{Client, ClientOptions};
use keyferry_domain::Party;
use keyferry_testkit::failures::table;
use keyferry_testkit::scripted::{Double, Then};

#[derive(Debug, Deserialize)]
struct Thing {
    #[expect(dead_code, reason = "only read by the deserializer")]
    id: u8,
}

async fn answer(then: Then) -> Answer {
    let double = Double::start([then]).await;
    Client::new(ClientOptions::default()).unwrap().post(&double.url).send().await.unwrap()
}

#[tokio::test]
async fn json_error_has_place_but_no_values() {
    for (body, words) in [
        ("<html>", "not valid JSON (at ., line 1, column 1)"),
        ("{\"id\":1", "incomplete JSON"),
        ("{}", "missing field `id`"),
        ("{\"id\":\"HUSH\"}", "unexpected type or format (at id, line 1"),
        ("{\"id\":1} HUSH", "not valid JSON (at the end"),
        ("", "incomplete JSON"),
    ] {
        let error = answer(Then::json(200, body)).await.json::<Thing>().unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(words), "{body}: {text}");
        assert!(!text.contains("HUSH"), "{text}");
        let failure = error.into_failure(table(Party::DeliveryService), Operation::Order);
        // The status was 200, so the order may exist.
        assert_eq!((failure.kind, failure.effect), (FailureKind::InvalidResponse, Effect::Unknown));
    }
}

#[tokio::test]
async fn effect_of_post_is_unknown_only_after_5xx_or_408() {
    for (status, effect) in [
        (302, Effect::None),
        (400, Effect::None),
        (401, Effect::None),
        (408, Effect::Unknown),
        (429, Effect::None),
        (500, Effect::Unknown),
        (503, Effect::Unknown),
    ] {
        let answer = answer(Then::json(status, "{}")).await;
        let failure = answer.failure(table(Party::DeliveryService), Operation::Order, Some("x".into()), "no");
        assert_eq!(failure.effect, effect, "{status}");
        assert_eq!((failure.status(), failure.code()), (Some(status), Some("x")));
        assert_eq!(failure.correlation.as_deref(), Some(answer.correlation.as_str()));
    }
}

#[tokio::test]
async fn passes_on_retry_after() {
    let seconds = answer(Then::with(429, "Retry-After: 7", "")).await;
    let failure = seconds.failure(table(Party::IdentityProvider), Operation::Register, None, "slow down");
    assert_eq!(failure.retry_after, Some(Duration::from_secs(7)));
    let headers = "Date: Sun, 06 Nov 1994 08:49:07 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT";
    assert_eq!(answer(Then::with(503, headers, "")).await.retry_after, Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn sanitizes_and_truncates_code_and_message() {
    let answer = answer(Then::json(400, "{}")).await;
    let failure = answer.failure(
        table(Party::DeliveryService),
        Operation::Order,
        Some(format!("code\r\n{}", "c".repeat(300))),
        format!("a\nb{}", "m".repeat(900)),
    );
    assert!(failure.message.starts_with("a bm") && failure.message.chars().count() == 501);
    assert!(failure.code().unwrap().starts_with("code c") && failure.code().unwrap().chars().count() == 101);
    let empty = answer.failure(table(Party::DeliveryService), Operation::Order, Some(String::new()), "m");
    assert_eq!(empty.code(), None);
}
