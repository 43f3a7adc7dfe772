//! Clients that do not behave, over real sockets.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::get;
use keyferry_server::{Limits, Load, Overload, Proxies, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Longest time for a response to a client that behaves.
const SOON: Duration = Duration::from_secs(1);

/// Larger than all buffers between server and client.
const LARGE: usize = 16 << 20;

const OK: &str = "HTTP/1.1 200 OK";

struct World {
    address: SocketAddr,
    load: Arc<Load>,
    handled: Arc<AtomicUsize>,
    stop: CancellationToken,
    _runs: tokio::task::JoinHandle<()>,
}

fn limits() -> Limits {
    Limits {
        connections: 1024,
        per_client: 256,
        proxies: Proxies::default(),
        head_timeout: Duration::from_secs(60),
        response_timeout: Duration::from_secs(60),
        drain_timeout: Duration::from_secs(5),
    }
}

async fn serve(limits: Limits) -> World {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], listener.local_addr().unwrap().port()));
    let handled = Arc::new(AtomicUsize::new(0));
    let counter = handled.clone();
    let large = Bytes::from(vec![b'x'; LARGE]);
    let large = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        std::future::ready(large.clone())
    };
    let slow = || async {
        sleep(Duration::from_secs(2)).await;
        "slow"
    };
    let routes = Router::new()
        .route("/", get(|| async { "small" }).post(|body: String| async move { body }))
        .route("/large", get(large))
        .route("/slow", get(slow));
    let stop = CancellationToken::new();
    let refusal = || StatusCode::SERVICE_UNAVAILABLE.into_response();
    let server = Server::new("api", listener, routes, limits, refusal, stop.clone());
    let load = server.load();
    World { address, load, handled, stop, _runs: tokio::spawn(server.run()) }
}

impl World {
    async fn connect(&self, from: [u8; 4]) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    async fn send(&self, from: [u8; 4], request: &str) -> TcpStream {
        let mut stream = self.connect(from).await;
        // Fails if the server has closed the connection already.
        drop(stream.write_all(request.as_bytes()).await);
        stream
    }

    /// Sends a request and returns the first line of the response, which is empty if there is none.
    async fn ask(&self, from: [u8; 4], headers: &str) -> String {
        let stream = self.send(from, &format!("GET / HTTP/1.1\r\nhost: x\r\n{headers}\r\n")).await;
        first_line(stream).await
    }

    async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !condition(self) {
            assert!(begin.elapsed() < Duration::from_secs(20), "{what}");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn first_line(mut stream: TcpStream) -> String {
    let mut bytes = vec![0; 1000];
    let length = timeout(Duration::from_secs(20), stream.read(&mut bytes)).await.unwrap().unwrap_or_default();
    String::from_utf8_lossy(&bytes[..length]).lines().next().unwrap_or_default().to_owned()
}

/// Returns whether the server has ended the connection within a time, without reading responses.
async fn is_ended(stream: &mut TcpStream, within: Duration) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < within {
        if stream.write_all(b"\r\n").await.is_err() {
            return true;
        }
        sleep(Duration::from_millis(20)).await;
    }
    false
}

const ASK_LARGE: &str = "GET /large HTTP/1.1\r\nhost: x\r\n\r\n";

const US: [u8; 4] = [127, 0, 0, 1];
const OTHER: [u8; 4] = [127, 0, 0, 2];

/// One address opens more connections than the server has, asks on each and never reads.
#[tokio::test]
async fn address_that_takes_all_connections_does_not_stop_others() {
    let world = serve(limits()).await;
    let mut silent = Vec::new();
    for _ in 0..1030 {
        silent.push(world.send(US, ASK_LARGE).await);
    }
    let begin = Instant::now();
    assert_eq!(world.ask(OTHER, "").await, OK);
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    assert_eq!(world.ask(US, "").await, "", "the address has as many connections as it may have");
    assert_eq!(world.load.overload(), Some(Overload::Clients));
    drop(silent);
    world.until("the address is below its limit", |world| world.load.overload().is_none()).await;
    assert_eq!(world.ask(US, "").await, OK);
}

/// All connections are taken, by several addresses. They end by themselves, although their clients stay.
#[tokio::test]
async fn connections_whose_clients_never_read_end() {
    let limits = Limits { connections: 40, per_client: 10, response_timeout: Duration::from_secs(5), ..limits() };
    let world = serve(limits).await;
    let mut silent = Vec::new();
    for last in 2..6 {
        for _ in 0..10 {
            silent.push(world.send([127, 0, 0, last], &ASK_LARGE.repeat(20)).await);
        }
    }
    world.until("all are in use", |world| world.handled.load(Ordering::SeqCst) == 40).await;
    let begin = Instant::now();
    let waiting = world.send(US, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    world.until("overload", |world| world.load.overload() == Some(Overload::Connections)).await;
    assert_eq!(first_line(waiting).await, OK);
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    world.until("no overload", |world| world.load.overload().is_none()).await;
    for stream in &mut silent {
        assert!(is_ended(stream, SOON).await);
    }
    assert_eq!(world.handled.load(Ordering::SeqCst), 40, "one response per connection was written ahead of its client");
}

/// A client that reads a little now and then does not extend the time limit.
#[tokio::test]
async fn slow_reader_is_disconnected() {
    let world = serve(Limits { response_timeout: Duration::from_millis(700), ..limits() }).await;
    let mut stream = world.send(US, ASK_LARGE).await;
    let begin = Instant::now();
    let mut read = 0;
    loop {
        match stream.read(&mut [0; 10_000]).await {
            Ok(0) | Err(_) => break,
            Ok(length) => read += length,
        }
        // After the limit, only what is in the kernel's buffers is left to read.
        if begin.elapsed() < Duration::from_secs(1) {
            sleep(Duration::from_millis(20)).await;
        }
    }
    assert!(read < LARGE, "{read}");
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

/// Idle connections make room when others wait.
#[tokio::test]
async fn idle_connections_close_when_all_are_in_use() {
    let world = serve(Limits { connections: 8, ..limits() }).await;
    let mut idle = Vec::new();
    for _ in 0..8 {
        let mut stream = world.send(US, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(stream.read(&mut [0; 1000]).await.unwrap() > 0);
        idle.push(stream);
    }
    let begin = Instant::now();
    assert_eq!(world.ask(OTHER, "").await, OK);
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    for stream in &mut idle {
        assert_eq!(stream.read(&mut [0; 10]).await.unwrap_or_default(), 0);
    }
}

/// Time limits of heads and idle connections.
#[tokio::test]
async fn slow_heads_and_idle_connections_end() {
    let world = serve(Limits { head_timeout: Duration::from_millis(500), ..limits() }).await;
    let mut slow = world.send(US, "GET / HTTP/1.1\r\nhost: x\r\n").await;
    let mut silent = world.connect(US).await;
    let mut idle = world.send(US, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(idle.read(&mut [0; 1000]).await.unwrap() > 0);
    for stream in [&mut slow, &mut silent, &mut idle] {
        let ended = timeout(Duration::from_secs(2), stream.read_to_end(&mut Vec::new())).await;
        assert!(ended.is_ok(), "the connection is still open");
    }
}

/// Behind a trusted proxy, each client has its own limit, and the connections of the proxy have none.
#[tokio::test]
async fn clients_behind_proxy_are_limited_by_their_own_address() {
    let proxies = Proxies::new(vec!["127.0.0.9/32".parse().unwrap()]);
    let world = serve(Limits { per_client: 2, proxies, ..limits() }).await;
    let proxy = [127, 0, 0, 9];
    let slow = "GET /slow HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 198.51.100.1, 192.0.2.1\r\n\r\n";
    let open = [world.send(proxy, slow).await, world.send(proxy, slow).await];
    sleep(Duration::from_millis(200)).await;
    assert_eq!(world.ask(proxy, "x-forwarded-for: 192.0.2.1\r\n").await, "HTTP/1.1 503 Service Unavailable");
    assert_eq!(world.ask(proxy, "x-forwarded-for: 192.0.2.1, 192.0.2.2\r\n").await, OK);
    assert_eq!(world.ask(proxy, "").await, OK);
    for stream in open {
        assert_eq!(first_line(stream).await, OK);
    }
    assert_eq!(world.ask(proxy, "x-forwarded-for: 192.0.2.1\r\n").await, OK);
}

/// An address that is no trusted proxy cannot choose whom its connections are counted for.
#[tokio::test]
async fn forwarded_address_of_others_is_ignored() {
    let world = serve(Limits { per_client: 2, ..limits() }).await;
    let mut open = Vec::new();
    for last in 0..3 {
        let request = format!("GET / HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 192.0.2.{last}\r\n\r\n");
        let mut stream = world.send(US, &request).await;
        open.push(stream.read(&mut [0; 1000]).await.unwrap_or_default() > 0);
        std::mem::forget(stream);
    }
    assert_eq!(open, [true, true, false]);
}

/// Requests in progress are completed when the server stops, and idle connections do not delay it.
#[tokio::test]
async fn stop_completes_requests_in_progress() {
    let world = serve(limits()).await;
    let slow = world.send(US, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut idle = world.send(US, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(idle.read(&mut [0; 1000]).await.unwrap() > 0);
    world.stop.cancel();
    assert_eq!(first_line(slow).await, OK);
    timeout(SOON, world._runs).await.unwrap().unwrap();
    assert_eq!(idle.read(&mut [0; 10]).await.unwrap_or_default(), 0);
}
