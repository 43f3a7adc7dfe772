//! Bodies that are too large for memory: a request body from a reader, and a response body in chunks.

use std::borrow::Cow;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::header::{HeaderMap, HeaderValue};
use tokio::io::{AsyncRead, ReadBuf};

use crate::body::{self, Undecodable};
use crate::hidden::Find;
use crate::{Answer, Call, CallError, Hidden};

/// Most bytes of a request body that are in memory at once.
const CHUNK: usize = 64 * 1024;

/// Response whose body has not been read.
pub struct Streaming {
    pub(crate) response: reqwest::Response,
    pub(crate) call: Call,
    pub(crate) hidden: Hidden,
    pub(crate) timeout: Duration,
    pub(crate) limit: usize,
}

impl Streaming {
    /// Returns the HTTP status.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// Returns the next bytes of the body, as they were sent: a content coding is not reversed. `None` at the end.
    ///
    /// # Errors
    /// Fails when the connection is lost before the end, or the timeout of the call has passed.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, CallError> {
        let chunk = self.response.chunk().await;
        chunk.map_err(|error| CallError::of_transport(error, self.call.clone(), self.timeout))
    }

    /// Reads the complete body, as [`crate::Request::send`] does.
    ///
    /// # Errors
    /// As [`crate::Request::send`].
    pub async fn complete(self) -> Result<Answer, CallError> {
        let Self { mut response, call, hidden, timeout, limit } = self;
        let status = response.status().as_u16();
        // Error responses are only read by humans, so pieces of secrets can be removed. Success responses are data.
        let find = if response.status().is_success() { Find::Whole } else { Find::Pieces };
        let mut headers = without(&hidden, mem::take(response.headers_mut()), find);
        let body = match body::read(response, limit).await {
            Ok(Some(body)) => body::decode(&mut headers, body, limit),
            Ok(None) => Err(Undecodable::TooLarge),
            Err(error) => return Err(CallError::of_transport(error, call, timeout)),
        };
        match body {
            Ok(body) => {
                let clean = match hidden.body(&body, find) {
                    Cow::Borrowed(_) => None,
                    Cow::Owned(clean) => Some(clean.into()),
                };
                Ok(Answer::new(status, headers, clean.unwrap_or(body), call))
            }
            Err(Undecodable::TooLarge) => Err(CallError::TooLarge { call, status, limit }),
            Err(Undecodable::Invalid(reason)) => Err(CallError::InvalidResponse { call, status, reason }),
        }
    }
}

/// Returns the headers of a response without secrets.
fn without(hidden: &Hidden, mut headers: HeaderMap, find: Find) -> HeaderMap {
    for value in headers.values_mut() {
        if let Cow::Owned(clean) = hidden.bytes(value.as_bytes(), find) {
            *value = HeaderValue::from_bytes(&clean).unwrap_or(HeaderValue::from_static(""));
        }
    }
    headers
}

/// Request body that is read while it is sent.
pub(crate) struct ReaderBody<R> {
    reader: Pin<Box<R>>,
    length: Option<u64>,
    buffer: Vec<u8>,
}

impl<R> ReaderBody<R> {
    pub(crate) fn new(reader: R, length: Option<u64>) -> Self {
        Self { reader: Box::pin(reader), length, buffer: vec![0; CHUNK] }
    }
}

impl<R: AsyncRead> Body for ReaderBody<R> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let mut buffer = ReadBuf::new(&mut this.buffer);
        if let Err(error) = ready!(this.reader.as_mut().poll_read(context, &mut buffer)) {
            return Poll::Ready(Some(Err(error)));
        }
        let read = buffer.filled();
        Poll::Ready((!read.is_empty()).then(|| Ok(Frame::data(Bytes::copy_from_slice(read)))))
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests {
    use keyferry_testkit::scripted::{Double, Then};

    use crate::{Client, ClientOptions};

    fn client() -> Client {
        Client::new(ClientOptions { max_body: 10, ..ClientOptions::default() }).unwrap()
    }

    #[tokio::test]
    async fn sends_a_body_from_a_reader() {
        let mut double = Double::start([Then::json(200, "{}"), Then::json(200, "{}")]).await;
        let text: &[u8] = b"user_id,city";
        client().post(&double.url).reader(text, Some(12)).send().await.unwrap();
        client().post(&double.url).reader(text, None).send().await.unwrap();
        let requests = double.requests();
        assert!(requests[0].contains("content-length: 12\r\n") && requests[0].ends_with("user_id,city"));
        assert!(requests[1].contains("transfer-encoding: chunked\r\n"), "{requests:?}");
    }

    /// A file that grows or shrinks while it is sent must not become another file.
    #[tokio::test]
    async fn fails_when_the_reader_returns_fewer_bytes() {
        let double = Double::start([Then::json(200, "{}")]).await;
        let text: &[u8] = b"user_id";
        assert!(client().post(&double.url).reader(text, Some(12)).send().await.is_err());
    }

    #[tokio::test]
    async fn reads_a_body_above_the_limit_in_chunks() {
        let double = Double::start([Then::json(200, &"x".repeat(100_000))]).await;
        let mut response = client().get(&double.url).stream().await.unwrap();
        assert_eq!(response.status(), 200);
        let mut read = 0;
        while let Some(chunk) = response.chunk().await.unwrap() {
            read += chunk.len();
        }
        assert_eq!(read, 100_000);
    }

    #[tokio::test]
    async fn reports_a_body_that_ends_too_early() {
        let short = Then::Say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\nconnection: close\r\n\r\nx".into());
        let double = Double::start([short]).await;
        let mut response = client().get(&double.url).stream().await.unwrap();
        let mut last = response.chunk().await;
        while let Ok(Some(_)) = last {
            last = response.chunk().await;
        }
        assert!(last.is_err());
    }
}
