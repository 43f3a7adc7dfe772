//! Reading and decoding of response bodies.

use std::io::Read as _;

use bytes::{Bytes, BytesMut};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};

use crate::text::clean_to;

/// Byte order mark in UTF-8. RFC 8259 section 8.1 allows to ignore it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reasons why a body cannot be decoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Undecodable {
    /// The decoded body is larger than the limit.
    TooLarge,
    /// The content coding is unknown, or the body does not match it.
    Invalid(String),
}

/// Reads the body. Returns `None` if it is larger than the limit.
pub(crate) async fn read(mut response: Response, limit: usize) -> Result<Option<Bytes>, reqwest::Error> {
    let announced = response.content_length().unwrap_or_default();
    if usize::try_from(announced).map_or(true, |length| length > limit) {
        return Ok(None);
    }
    let mut first = Bytes::new();
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if first.len() + body.len() + chunk.len() > limit {
            return Ok(None);
        }
        // Most bodies are one chunk, which needs no copy.
        if first.is_empty() && body.is_empty() {
            first = chunk;
        } else {
            body.extend_from_slice(&std::mem::take(&mut first));
            body.extend_from_slice(&chunk);
        }
    }
    Ok(Some(if body.is_empty() { first } else { body.freeze() }))
}

/// Reverses the content coding, and removes the headers about it and a byte order mark.
///
/// Keyferry does not request a content coding, but a response may have one anyway (RFC 9110 section 12.5.3), and some
/// proxies add one.
pub(crate) fn decode(headers: &mut HeaderMap, body: Bytes, limit: usize) -> Result<Bytes, Undecodable> {
    let codings: Vec<String> = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|coding| coding.trim().to_lowercase())
        .filter(|coding| !matches!(coding.as_str(), "" | "identity"))
        .collect();
    let body = match codings.as_slice() {
        _ if body.is_empty() => body,
        [] => body,
        [coding] => decompress(coding, &body, limit)?,
        _ => return Err(Undecodable::Invalid("it has several content codings".into())),
    };
    if !codings.is_empty() {
        headers.remove(CONTENT_ENCODING);
        headers.remove(CONTENT_LENGTH);
    }
    Ok(if body.starts_with(BYTE_ORDER_MARK) { body.slice(BYTE_ORDER_MARK.len()..) } else { body })
}

fn decompress(coding: &str, body: &[u8], limit: usize) -> Result<Bytes, Undecodable> {
    // One byte more than the limit shows that the body is too large.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut decoded = Vec::new();
    let read = match coding {
        "gzip" | "x-gzip" => MultiGzDecoder::new(body).take(most).read_to_end(&mut decoded),
        // RFC 9110 section 8.4.1.2 requires the zlib format, but some servers send raw deflate data.
        "deflate" if is_zlib(body) => ZlibDecoder::new(body).take(most).read_to_end(&mut decoded),
        "deflate" => DeflateDecoder::new(body).take(most).read_to_end(&mut decoded),
        other => {
            let coding = clean_to(other, 40);
            return Err(Undecodable::Invalid(format!("the content coding {coding:?} is not supported")));
        }
    };
    read.map_err(|_| Undecodable::Invalid(format!("it does not match its content coding {coding}")))?;
    if decoded.len() > limit {
        return Err(Undecodable::TooLarge);
    }
    Ok(decoded.into())
}

/// Returns whether the data starts with a zlib header (RFC 1950 section 2.2).
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..]
        if method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)).is_multiple_of(31))
}

#[cfg(test)]
mod tests;
