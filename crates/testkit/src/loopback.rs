//! HTTP server on a loopback address that answers every request with configured bytes.

use std::sync::{Arc, LazyLock, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

/// Runtime shared by all cases of a property test.
pub static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());

/// HTTP server on a loopback address.
pub struct Loopback {
    /// Base URL, for example `http://127.0.0.1:40001`.
    pub base: String,
    answer: Arc<Mutex<Vec<u8>>>,
}

impl Loopback {
    /// Starts a server on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let answer = Arc::<Mutex<Vec<u8>>>::default();
        let shared = answer.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = shared.lock().unwrap().clone();
                tokio::spawn(serve(stream, answer));
            }
        });
        Self { base, answer }
    }

    /// Sets the answer: status, body, and header lines, each with its line end.
    pub fn says(&self, status: u16, headers: &str, body: &[u8]) {
        let head =
            format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
        self.says_bytes([head.as_bytes(), body].concat());
    }

    /// Sets the bytes of the answer.
    pub fn says_bytes(&self, bytes: Vec<u8>) {
        *self.answer.lock().unwrap() = bytes;
    }
}

/// Reads one request, answers it and closes the connection.
async fn serve(mut stream: TcpStream, answer: Vec<u8>) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await?;
        request.extend_from_slice(&buffer[..count]);
        if count == 0 || is_whole(&request) {
            break;
        }
    }
    stream.write_all(&answer).await?;
    stream.shutdown().await
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    request.len() >= head.len() + 4 + length.unwrap_or(0usize)
}
