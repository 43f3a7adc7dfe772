use keyferry_domain::{MessageId, Timestamp};
use keyferry_testkit::SeededRandom;
use keyferry_testkit::scripted::{Double, Then};

use super::*;

const BODY: &str = r#"{"type":"shipment.completed"}"#;

fn sender(networks: &[&str]) -> Sender {
    let private_addresses = networks.iter().map(|network| network.parse().unwrap()).collect();
    Sender::new(&WebhookSettings { private_addresses }, None).unwrap()
}

async fn send(url: &str) -> Attempt {
    let secrets = [sender(&[]).new_secret().unwrap()];
    let at = Timestamp::from_timestamp(1_790_000_100, 0).unwrap();
    let message = WebhookMessage {
        id: MessageId::new(at, &SeededRandom::new(1)),
        url,
        at,
        body: BODY,
        secrets: &secrets,
        timeout: Duration::from_millis(500),
    };
    sender(&[]).send(&message).await
}

#[tokio::test]
async fn sends_a_signed_message() {
    let mut double = Double::start([Then::with(204, "x: y", "")]).await;
    let attempt = send(double.url.join("hooks?sig=x").unwrap().as_str()).await;
    assert!(attempt.is_accepted(), "{attempt:?}");
    let requests = double.requests();
    let [request] = &requests[..] else { panic!("{requests:?}") };
    assert!(request.starts_with("POST /hooks?sig=x HTTP/1.1\r\n") && request.ends_with(BODY), "{request}");
    for header in ["webhook-timestamp: 1790000100\r\n", "content-type: application/json\r\n", "webhook-signature: v1,"]
    {
        assert!(request.contains(header), "{request}");
    }
}

#[tokio::test]
async fn only_a_success_is_accepted() {
    for (status, accepted) in [(200, true), (202, true), (302, false), (400, false), (410, false), (500, false)] {
        let then = Then::with(status, "location: https://elsewhere.example/\r\nretry-after: 7", "secret words");
        let mut double = Double::start([then]).await;
        let attempt = send(double.url.as_str()).await;
        assert_eq!((attempt.is_accepted(), attempt.outcome.status), (accepted, Some(status)), "{attempt:?}");
        assert_eq!(attempt.retry_after, Some(Duration::from_secs(7)));
        assert_eq!(attempt.is_gone(), status == 410);
        assert!(!format!("{attempt:?}").contains("secret words"), "{attempt:?}");
        assert_eq!(double.requests().len(), 1, "redirects are not followed");
    }
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_is_left() {
    let double = Double::start([Then::Hang]).await;
    let attempt = send(double.url.as_str()).await;
    assert!(!attempt.is_accepted() && attempt.outcome.status.is_none(), "{attempt:?}");
    let double = Double::start([Then::Close]).await;
    assert!(!send(double.url.as_str()).await.is_accepted());
}

#[tokio::test]
async fn size_of_the_response_does_not_matter() {
    let double = Double::start([Then::json(200, &" ".repeat(LARGEST_RESPONSE + 1))]).await;
    assert!(send(double.url.as_str()).await.is_accepted());
}

#[test]
fn checks_urls() {
    for url in ["https://hooks.example/a?sig=b", "https://1.1.1.1/", "http://localhost:1/", "http://127.0.0.1/"] {
        assert_eq!(sender(&[]).check_url(url), Ok(()), "{url}");
    }
    for url in [
        "",
        "hooks.example",
        "ftp://hooks.example/",
        "http://hooks.example/",
        "https://user@hooks.example/",
        "https://hooks.example/#part",
        "https://10.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/",
        "https://2130706434/",
    ] {
        let refused = sender(&["192.168.0.0/16"]).check_url(url);
        assert_eq!(refused.is_err(), url != "https://2130706434/", "{url}: {refused:?}");
    }
    assert_eq!(sender(&["10.0.0.0/24"]).check_url("https://10.0.0.1/"), Ok(()));
}
