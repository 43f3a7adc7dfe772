use serde_json::{Value, json};

use super::*;
use crate::testing::fakes::TestClock;
use crate::testing::service::Service;
use crate::testing::{client, factory::Factory};

struct Case {
    service: Service,
    clock: Arc<TestClock>,
    keys: PublishedKeys,
    good: Value,
}

impl Case {
    async fn new() -> Self {
        let good = Factory::new().transport_jwks();
        let service = Service::start(good.clone(), json!({ "keys": [] })).await;
        let clock = Arc::new(TestClock::default());
        let url = service.settings().jwks_transport;
        let keys = PublishedKeys::new(Purpose::Transport, url, client(), clock.clone());
        Self { service, clock, keys, good }
    }

    fn fetched(&self) -> usize {
        self.service.shared.transport.fetched()
    }

    fn publish(&self, set: Value) {
        self.service.shared.transport.publish(set);
    }
}

#[tokio::test]
async fn caches_set_for_ten_minutes() {
    let case = Case::new().await;
    assert_eq!(case.keys.get().await.unwrap().encryption_keys().len(), 3);
    case.clock.advance(599);
    case.keys.get().await.unwrap();
    assert_eq!(case.fetched(), 1);
    case.clock.advance(1);
    case.keys.get().await.unwrap();
    assert_eq!(case.fetched(), 2);
    case.clock.advance(-3600);
    case.keys.get().await.unwrap();
    assert_eq!(case.fetched(), 3);
}

#[tokio::test]
async fn refetches_at_most_every_thirty_seconds() {
    let case = Case::new().await;
    case.keys.get().await.unwrap();
    for (wait, fetched) in [(0, 1), (29, 1), (1, 2), (29, 2)] {
        case.clock.advance(wait);
        case.keys.get_again().await.unwrap();
        assert_eq!(case.fetched(), fetched);
    }
}

#[tokio::test]
async fn concurrent_callers_share_one_fetch() {
    let case = Case::new().await;
    let results = futures::future::join_all((0..20).map(|_| case.keys.get())).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(case.fetched(), 1);
}

#[tokio::test]
async fn caches_failure_for_five_seconds() {
    let case = Case::new().await;
    case.publish(Value::Null);
    let results = futures::future::join_all((0..20).map(|_| case.keys.get())).await;
    assert!(results.iter().all(|result| result.as_ref().unwrap_err().status() == Some(503)));
    assert_eq!(case.fetched(), 1);
    case.publish(case.good.clone());
    case.clock.advance(5);
    assert!(case.keys.get().await.is_ok());
}

#[tokio::test]
async fn expired_set_is_not_used_during_an_outage() {
    let case = Case::new().await;
    case.keys.get().await.unwrap();
    case.publish(Value::Null);
    case.clock.advance(60);
    assert_eq!(case.keys.get_again().await.unwrap_err().status(), Some(503));
    assert!(case.keys.get().await.is_ok());
    case.clock.advance(540);
    assert_eq!(case.keys.get().await.unwrap_err().status(), Some(503));
}

#[tokio::test]
async fn rejects_malformed_key_set() {
    for bad in [json!([]), json!({}), json!({ "keys": {} }), json!("keys")] {
        let case = Case::new().await;
        case.publish(bad);
        let failure = case.keys.get().await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidResponse);
        assert_eq!((failure.party, failure.operation), (Party::DeliveryService, Operation::TransportKeys));
    }
}

#[tokio::test]
async fn rejects_set_without_usable_key_and_does_not_cache_it() {
    let case = Case::new().await;
    let mut signing = case.good["keys"][0].clone();
    signing["use"] = json!("sig");
    let p256 = json!({
        "kty": "EC", "crv": "P-256", "kid": "small",
        "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ", "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
    });
    for keys in [json!([]), json!([signing]), json!([p256, { "kty": "RSA", "kid": "r" }])] {
        case.publish(json!({ "keys": keys }));
        let failure = case.keys.get().await.unwrap_err();
        assert_eq!(failure.code(), Some("no-transport-key"));
        assert!(failure.correlation.is_some());
        case.clock.advance(5);
    }
    let sign = case.service.settings().jwks_sign;
    let keys = PublishedKeys::new(Purpose::Signing, sign, client(), case.clock.clone());
    assert_eq!(keys.get().await.unwrap_err().code(), Some("no-signing-key"));
}

#[tokio::test]
async fn failure_names_the_kind_of_keys() {
    let case = Case::new().await;
    for (purpose, name) in [(Purpose::Transport, "transport keys"), (Purpose::Signing, "signing keys")] {
        for published in [json!(null), json!({ "keys": [] })] {
            case.publish(published);
            let url = case.service.settings().jwks_transport;
            let failure = PublishedKeys::new(purpose, url, client(), case.clock.clone()).get().await.unwrap_err();
            assert!(failure.message.contains(name), "{failure}");
        }
    }
}

#[tokio::test]
async fn follows_key_set_that_moved_on_the_same_host() {
    use keyferry_testkit::scripted::{Double, Then};
    let case = Case::new().await;
    let moved = |to: &str| Then::with(301, &format!("location: {to}"), "");
    let elsewhere = case.service.settings().jwks_transport;
    let script = [moved("/v2/keys"), Then::json(200, &case.good.to_string()), moved(elsewhere.as_str())];
    let double = Double::start(script).await;
    let keys = PublishedKeys::new(Purpose::Transport, double.url.clone(), client(), case.clock.clone());
    assert_eq!(keys.get().await.unwrap().encryption_keys().len(), 3);
    case.clock.advance(600);
    let failure = keys.get().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(failure.message.contains(&format!("it moved to {elsewhere}")), "{failure}");
    assert_eq!(case.fetched(), 0);
}
