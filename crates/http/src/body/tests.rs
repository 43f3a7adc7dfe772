use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use reqwest::header::HeaderValue;

use super::*;

const TEXT: &[u8] = b"{\"id\":7,\"name\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn decoded(coding: &'static str, body: &[u8], limit: usize) -> Result<Vec<u8>, Undecodable> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    decode(&mut headers, Bytes::copy_from_slice(body), limit).map(|body| body.to_vec())
}

#[test]
fn decodes_gzip_and_both_forms_of_deflate() {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(TEXT).unwrap();
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(TEXT).unwrap();
    for (coding, body) in [
        ("gzip", gzip(TEXT)),
        ("X-GZIP", gzip(TEXT)),
        ("identity, gzip", gzip(TEXT)),
        ("deflate", zlib.finish().unwrap()),
        ("deflate", deflate.finish().unwrap()),
        ("identity", TEXT.to_vec()),
    ] {
        assert_eq!(decoded(coding, &body, 1000).as_deref(), Ok(TEXT), "{coding}");
    }
    assert_eq!(decoded("gzip", b"", 1000).as_deref(), Ok(&b""[..]));
}

#[test]
fn limit_applies_to_the_decoded_body() {
    let bomb = gzip(&vec![b' '; 1_000_000]);
    assert!(bomb.len() < 2000);
    assert_eq!(decoded("gzip", &bomb, 2000), Err(Undecodable::TooLarge));
    assert_eq!(decoded("gzip", &gzip(TEXT), TEXT.len()).as_deref(), Ok(TEXT));
    assert_eq!(decoded("gzip", &gzip(TEXT), TEXT.len() - 1), Err(Undecodable::TooLarge));
}

#[test]
fn rejects_unknown_coding_and_damaged_body() {
    let whole = gzip(TEXT);
    let invalid = |text: &str| Err(Undecodable::Invalid(text.to_owned()));
    assert_eq!(decoded("gzip", &whole[..whole.len() - 9], 1000), invalid("it does not match its content coding gzip"));
    assert_eq!(decoded("gzip", TEXT, 1000), invalid("it does not match its content coding gzip"));
    assert_eq!(decoded("br", TEXT, 1000), invalid("the content coding \"br\" is not supported"));
    assert_eq!(decoded("gzip, gzip", &gzip(&whole), 1000), invalid("it has several content codings"));
}

#[test]
fn removes_byte_order_mark_and_headers_of_the_coding() {
    let body = [BYTE_ORDER_MARK, TEXT].concat();
    assert_eq!(decoded("gzip", &gzip(&body), 1000).as_deref(), Ok(TEXT));
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("72"));
    assert_eq!(decode(&mut headers, body.clone().into(), 1000).as_deref(), Ok(TEXT));
    assert!(headers.contains_key(CONTENT_LENGTH));
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    decode(&mut headers, gzip(&body).into(), 1000).unwrap();
    assert!(headers.is_empty());
}
