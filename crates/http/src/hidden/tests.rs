use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::forms::lower_percent;
use super::*;
use crate::encode_segment;

const SECRET: &str = "qV8~k/41+Z\"\\ü&<x> 7'tail-of-it";

fn hidden(secret: &str) -> Hidden {
    let mut hidden = Hidden::default();
    hidden.add(secret);
    hidden
}

#[test]
fn finds_secret_in_every_encoding() {
    let hidden = hidden(SECRET);
    let form = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    for said in [
        SECRET.to_owned(),
        Value::from(SECRET).to_string().trim_matches('"').to_owned(),
        encode_segment(SECRET),
        lower_percent(&encode_segment(SECRET)),
        form(SECRET),
        lower_percent(&form(SECRET)),
        minijinja_like(SECRET),
        SECRET.bytes().map(|byte| format!("{byte:02x}")).collect(),
        SECRET.bytes().map(|byte| format!("{byte:02X}")).collect(),
    ] {
        assert_eq!(hidden.text(&format!("it was {said}.")), "it was (secret).", "{said}");
    }
}

/// Escapes HTML in the same way as `minijinja`.
fn minijinja_like(text: &str) -> String {
    let replaced = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    replaced.replace('\'', "&#x27;").replace('/', "&#x2f;")
}

#[test]
fn finds_secret_in_base64_at_any_offset() {
    let hidden = hidden(SECRET);
    for before in ["", "\0", "\0u", "\0us", "\0user\0"] {
        for after in ["", "x", "xy"] {
            for engine in [STANDARD, URL_SAFE] {
                let said = engine.encode(format!("{before}{SECRET}{after}"));
                let clean = hidden.text(&said);
                assert!(clean.contains(PLACEHOLDER), "{clean}");
                let left = clean.replace(PLACEHOLDER, "");
                assert!(left.len() <= before.len() * 4 / 3 + after.len() * 4 / 3 + 8, "{clean}");
            }
        }
    }
}

#[test]
fn removes_pieces_of_a_secret() {
    let hidden = hidden("0123456789abcdefghijklmnopqrstuvwxyz");
    for (begin, end) in [(0, 12), (0, 30), (1, 13), (11, 35), (12, 36), (24, 36)] {
        let piece = &"0123456789abcdefghijklmnopqrstuvwxyz"[begin..end];
        assert_eq!(hidden.text(&format!("<{piece}>")), "<(secret)>", "{piece}");
    }
    assert_eq!(hidden.text("0123456789a"), "0123456789a");
    let long: String = (0..200).map(|n| format!("{n:03}.")).collect();
    for begin in 0..24 {
        assert_eq!(super::tests::hidden(&long).text(&long[begin..begin + 23]), "(secret)", "{begin}");
    }
}

#[test]
fn finds_short_secret_only_as_a_whole() {
    let hidden = hidden("4821");
    assert_eq!(hidden.text("no 4821\nfor you: x4821y"), "no (secret)\nfor you: x(secret)y");
    assert_eq!(hidden.text("482 1"), "482 1");
    let none = super::tests::hidden("482");
    assert_eq!(none.text("482"), "482");
}

#[test]
fn removes_secrets_written_with_json_escapes() {
    let hidden = hidden(SECRET);
    let escaped: String = SECRET.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let body = format!(r#"{{"error":{{"{escaped}":["x {escaped} y", 7]}}}}"#);
    let clean = hidden.body(body.as_bytes(), Find::Whole);
    assert_eq!(&*clean, br#"{"error":{"(secret)":["x (secret) y",7]}}"#);
    for same in [&br#"{"a":"b\nc"}"#[..], b"<\\html>", b"", br#"{"a":1}"#] {
        assert!(matches!(hidden.body(same, Find::Pieces), Cow::Borrowed(body) if body == same));
    }
}

#[test]
fn hides_query_and_its_longer_values() {
    let url = "https://h.example/w?api-version=2016-10-01&sv=1.0&sig=Zk3%2B9qT0pw%2Fx8aa1";
    let mut hidden = Hidden::default();
    hidden.add_query(&Url::parse(url).unwrap(), &Recent::default());
    let said = "1.0 2016-10-01 Zk3+9qT0pw/x8aa1 Zk3%2B9qT0pw%2Fx8aa1";
    assert_eq!(hidden.text(said), "1.0 2016-10-01 (secret) (secret)");
    assert_eq!(hidden.text(url), "https://h.example/w?(secret)");
}

#[test]
fn finds_secrets_that_overlap() {
    let hidden = hidden("abcabc");
    assert_eq!(&*hidden.bytes(b"<abcabcabc>", Find::Whole), b"<(secret)>");
}

/// A secret that is pushed out by newer ones is prepared again.
#[test]
fn recent_secrets_are_prepared_once() {
    let recent = Recent::default();
    let first = recent.secret("token-number-0");
    assert!(Arc::ptr_eq(&first, &recent.secret("token-number-0")));
    for number in 1..=16 {
        recent.secret(&format!("token-number-{number}"));
    }
    assert!(!Arc::ptr_eq(&first, &recent.secret("token-number-0")));
    let mut hidden = Hidden::default();
    hidden.add_recent("token-number-0", &recent);
    hidden.add_recent("tok", &recent);
    assert_eq!(hidden.text("token-number-0, tok"), "(secret), tok");
}

#[test]
fn finds_only_whole_secrets_in_data() {
    let secret = "0123456789abcdefghijklmnopqrstuvwxyz-0123456789abcdefghijklmnopqrstuvwxyz";
    let hidden = hidden(secret);
    let clean = |text: &str| String::from_utf8(hidden.bytes(text.as_bytes(), Find::Whole).into_owned()).unwrap();
    let beginning = &secret[..40];
    for (text, expected) in [
        (format!("{secret}{secret}"), PLACEHOLDER.to_owned()),
        (format!("{beginning}{secret}."), format!("{beginning}{PLACEHOLDER}.")),
        (format!("{beginning} and {}", &secret[1..]), format!("{beginning} and {}", &secret[1..])),
        (secret[..72].to_owned(), secret[..72].to_owned()),
    ] {
        assert_eq!(clean(&text), expected);
    }
}
