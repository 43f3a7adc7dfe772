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
async fn what_is_not_the_expected_json_is_said_with_its_place_and_without_values() {
    for (body, words) in [
        ("<html>", "it is not JSON (at ., line 1, column 1)"),
        ("{\"id\":1", "it is JSON that ends too early"),
        ("{}", "missing field `id`"),
        ("{\"id\":\"HUSH\"}", "another type or form than expected (at id, line 1"),
        ("{\"id\":1} HUSH", "it is not JSON (at the end"),
        ("", "ends too early"),
    ] {
        let error = answer(Then::json(200, body)).await.json::<Thing>().unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(words), "{body}: {text}");
        assert!(!text.contains("HUSH"), "{text}");
        let failure = error.into_failure(table(Party::DeliveryService), Operation::Order);
        // The order was answered with 200, so it may well have been taken.
        assert_eq!((failure.kind, failure.effect), (FailureKind::NotUnderstood, Effect::Unknown));
    }
}

#[tokio::test]
async fn only_a_server_error_or_408_leaves_the_effect_of_a_post_open() {
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
async fn the_wait_that_was_asked_for_is_passed_on() {
    let seconds = answer(Then::with(429, "Retry-After: 7", "")).await;
    let failure = seconds.failure(table(Party::IdentityProvider), Operation::Register, None, "slow down");
    assert_eq!(failure.retry_after, Some(Duration::from_secs(7)));
    let headers = "Date: Sun, 06 Nov 1994 08:49:07 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT";
    assert_eq!(answer(Then::with(503, headers, "")).await.retry_after, Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn outside_text_is_cleaned_and_cut() {
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
