//! Responses that a proxy returns to the wrong calls.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use keyferry_domain::{Effect, FailureKind, Operation, Party};
use keyferry_http::{Answer, CallError, Client, ClientOptions, rules};
use keyferry_testkit::failures::table;
use keyferry_testkit::scripted::{Double, ECHO, Then};
use keyferry_testkit::shifting::ShiftingProxy;

struct World {
    client: Client,
    proxy: ShiftingProxy,
    server: Double,
}

impl World {
    /// Starts a server that answers `{"call": n}` to its nth request, behind a proxy that shifts responses.
    async fn new() -> Self {
        let echo = format!("client-request-id: {ECHO}");
        let server = Double::start((1..9).map(|call| Then::with(200, &echo, &format!("{{\"call\":{call}}}")))).await;
        let proxy = ShiftingProxy::start(server.url.socket_addrs(|| None).unwrap()[0]).await;
        proxy.shift(true);
        Self { client: Client::new(ClientOptions::default()).unwrap(), proxy, server }
    }

    async fn post(&self) -> Result<Answer, CallError> {
        self.client.post(&self.proxy.url).send().await
    }
}

fn call(answer: &Answer) -> u64 {
    answer.json::<serde_json::Value>().unwrap()["call"].as_u64().unwrap()
}

#[tokio::test]
async fn without_the_check_a_call_receives_the_response_to_another_call() {
    let world = World::new().await;
    let mut received = Vec::new();
    for _ in 0..3 {
        let request = world.client.post(&world.proxy.url).without_comparing_ids();
        received.push(call(&request.send().await.unwrap()));
    }
    assert_eq!((received, world.proxy.connections()), (vec![1, 1, 2], 1));
}

#[tokio::test]
async fn response_to_another_call_is_an_error_and_the_next_call_uses_a_new_connection() {
    let mut world = World::new().await;
    let first = world.post().await.unwrap();
    assert_eq!(call(&first), 1);
    let error = world.post().await.unwrap_err();
    let CallError::AnotherCall { status: 200, other, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*other, first.correlation);
    let sent = error.call().correlation().to_owned();
    let failure = error.into_failure(table(Party::DeliveryService), Operation::Order);
    assert_eq!((failure.kind, failure.effect), (FailureKind::Found(rules::RESPONSE_TO_ANOTHER_CALL), Effect::Unknown));
    assert_eq!(failure.correlation, Some(sent));
    assert_eq!(call(&world.post().await.unwrap()), 3);
    assert_eq!((world.proxy.connections(), world.server.requests().len()), (2, 3));
}

#[tokio::test]
async fn reading_call_has_no_effect() {
    let world = World::new().await;
    world.post().await.unwrap();
    let error = world.client.get(&world.proxy.url).send().await.unwrap_err();
    let failure = error.into_failure(table(Party::IdentityProvider), Operation::ReadManager);
    assert_eq!((failure.short().as_str(), failure.effect), (rules::RESPONSE_TO_ANOTHER_CALL, Effect::None));
}

#[tokio::test]
async fn caller_can_drop_connections() {
    let world = World::new().await;
    world.proxy.shift(false);
    for connections in [1, 1] {
        world.post().await.unwrap();
        assert_eq!(world.proxy.connections(), connections);
    }
    world.client.clone().drop_connections();
    assert_eq!(call(&world.post().await.unwrap()), 3);
    assert_eq!(world.proxy.connections(), 2);
}
