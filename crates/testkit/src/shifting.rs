//! TCP proxy that confuses the responses of a connection, like a proxy with a desynchronisation bug.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// Proxy in front of an HTTP/1.1 server. While it shifts, each request on a connection but the first receives the
/// response to the request before it. The server receives all requests.
///
/// Connections stay open between requests, even if the server closes them.
pub struct ShiftingProxy {
    /// Base URL of the proxy.
    pub url: Url,
    state: Arc<State>,
}

struct State {
    server: SocketAddr,
    shifts: AtomicBool,
    connections: AtomicUsize,
}

impl ShiftingProxy {
    /// Starts a proxy in front of `server` that does not shift yet.
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let state = Arc::new(State { server, shifts: AtomicBool::default(), connections: AtomicUsize::default() });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(relay(client, Arc::clone(&shared)));
            }
        });
        Self { url, state }
    }

    /// Starts or stops shifting the responses of all connections.
    pub fn shift(&self, shifts: bool) {
        self.state.shifts.store(shifts, Ordering::SeqCst);
    }

    /// Returns the number of connections accepted so far.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

/// Relays the requests of one connection until either side fails.
async fn relay(mut client: TcpStream, state: Arc<State>) -> Option<()> {
    let mut before: Option<Vec<u8>> = None;
    let mut unread = BytesMut::new();
    loop {
        let request = read_message(&mut client, &mut unread).await?;
        let mut server = TcpStream::connect(state.server).await.ok()?;
        server.write_all(&request).await.ok()?;
        let response = kept_alive(&read_message(&mut server, &mut BytesMut::new()).await?);
        let shown = match &before {
            Some(before) if state.shifts.load(Ordering::SeqCst) => before,
            _ => &response,
        };
        client.write_all(shown).await.ok()?;
        before = Some(response);
    }
}

/// Reads one message: head and body. `unread` keeps bytes of the next one. Returns `None` at the end of the connection.
async fn read_message(stream: &mut TcpStream, unread: &mut BytesMut) -> Option<Vec<u8>> {
    loop {
        if let Some(length) = message_length(unread) {
            return Some(unread.split_to(length).to_vec());
        }
        if stream.read_buf(unread).await.ok()? == 0 {
            return None;
        }
    }
}

/// Returns the length of the first message, or `None` if it is incomplete.
fn message_length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let length = if value("transfer-encoding:") == Some("chunked") {
        let body = &bytes[head..];
        let last = |window: &[u8]| window == b"\r\n0\r\n\r\n";
        if body.starts_with(b"0\r\n\r\n") { 5 } else { body.windows(7).position(last)? + 7 }
    } else {
        value("content-length:").and_then(|length| length.parse().ok()).unwrap_or(0)
    };
    (bytes.len() >= head + length).then_some(head + length)
}

/// Removes `Connection: close`, so that the client uses the connection again.
fn kept_alive(response: &[u8]) -> Vec<u8> {
    let head = response.windows(4).position(|window| window == b"\r\n\r\n").map_or(response.len(), |at| at + 2);
    let mut kept = Vec::new();
    for line in response[..head].split_inclusive(|byte| *byte == b'\n') {
        if !line.to_ascii_lowercase().starts_with(b"connection:") {
            kept.extend_from_slice(line);
        }
    }
    kept.extend_from_slice(&response[head..]);
    kept
}
