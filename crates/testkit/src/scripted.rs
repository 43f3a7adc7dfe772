//! Scripted HTTP server: each connection gets the next answer.

use std::collections::VecDeque;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use url::Url;

/// Placeholder for the request's `client-request-id` in an answer.
pub const ECHO: &str = "{client-request-id}";

/// Answer to the request of one connection.
pub enum Then {
    /// Sends these bytes and closes the connection. [`ECHO`] in them becomes the request's `client-request-id`.
    Say(String),
    /// Sends these bytes as they are and closes the connection.
    Raw(Vec<u8>),
    /// Closes the connection without an answer.
    Close,
    /// Never answers, and keeps the connection open.
    Hang,
}

impl Then {
    /// Returns an answer with this status and a JSON body.
    pub fn json(status: u16, body: &str) -> Self {
        Self::with(status, "content-type: application/json", body)
    }

    /// Returns an answer with this status, these header lines and this body.
    pub fn with(status: u16, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::Say(format!(
            "HTTP/1.1 {status} X\r\n{headers}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
    }
}

/// Scripted HTTP server.
pub struct Double {
    /// Base URL of the server.
    pub url: Url,
    requests: UnboundedReceiver<String>,
}

impl Double {
    /// Starts a server. Each connection gets the next answer of the script, and 599 after the last one.
    pub async fn start(script: impl IntoIterator<Item = Then>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let (sender, requests) = unbounded_channel();
        let mut script: VecDeque<Then> = script.into_iter().collect();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let then = script.pop_front().unwrap_or_else(|| Then::json(599, "{}"));
                tokio::spawn(serve(stream, then, sender.clone()));
            }
        });
        Self { url, requests }
    }

    /// Returns the requests received since the last call.
    pub fn requests(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.requests.try_recv().ok()).collect()
    }
}

/// Reads one request, sends it to `requests`, and executes `then`.
pub async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, then: Then, requests: UnboundedSender<String>) {
    let mut bytes = BytesMut::new();
    while !is_whole(&bytes) {
        if stream.read_buf(&mut bytes).await.unwrap_or_default() == 0 {
            return;
        }
    }
    let request = String::from_utf8_lossy(&bytes).into_owned();
    let id = request.lines().find_map(|line| line.strip_prefix("client-request-id: ")).unwrap_or_default().to_owned();
    requests.send(request).ok();
    match then {
        Then::Say(answer) => {
            stream.write_all(answer.replace(ECHO, &id).as_bytes()).await.ok();
            stream.shutdown().await.ok();
        }
        Then::Raw(answer) => {
            stream.write_all(&answer).await.ok();
            stream.shutdown().await.ok();
        }
        Then::Close => {}
        Then::Hang => std::future::pending().await,
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.and_then(|length| length.trim().parse().ok()).unwrap_or(0)
}
