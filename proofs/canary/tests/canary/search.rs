//! Searches bytes for secrets in all encodings.

use std::collections::{BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Minimum number of consecutive bytes of a canary that count as a leak. Canaries must not be shorter.
const PIECE: usize = 12;

/// Secrets to search for, with their names.
#[derive(Default)]
pub struct Canaries {
    forms: Vec<String>,
    pieces: HashMap<[u8; PIECE], usize>,
}

/// A piece of a canary found in a haystack.
#[derive(Debug)]
pub struct Leak {
    /// Name and form of the canary.
    pub what: String,
    pub at: usize,
}

impl Canaries {
    pub fn add(&mut self, name: &str, secret: &[u8]) {
        for (form, bytes) in forms(secret) {
            assert!(bytes.len() >= PIECE, "{name} is too short: it could occur by chance");
            self.forms.push(format!("{name}, {form}"));
            for piece in bytes.windows(PIECE) {
                self.pieces.entry(piece.try_into().unwrap()).or_insert(self.forms.len() - 1);
            }
        }
    }

    /// Returns the first position of each form that is found.
    pub fn find(&self, haystack: &[u8]) -> Vec<Leak> {
        let mut seen = BTreeSet::new();
        let mut leaks = Vec::new();
        for (at, window) in haystack.windows(PIECE).enumerate() {
            let Some(&form) = self.pieces.get(window) else { continue };
            if seen.insert(form) {
                leaks.push(Leak { what: self.forms[form].clone(), at });
            }
        }
        leaks
    }
}

/// Returns all forms of a secret to search for, with their names.
fn forms(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![("unchanged", secret.to_vec())];
    if let Ok(text) = std::str::from_utf8(secret) {
        forms.extend(text_forms(text));
    }
    // What gets encoded is often the text of a request, in which the secret is already escaped.
    for (_, form) in forms.clone() {
        forms.extend(byte_forms(&form));
    }
    // `{:?}` of a byte slice.
    let debug = format!("{secret:?}");
    forms.push(("a list of bytes", debug.trim_matches(['[', ']']).to_owned().into_bytes()));
    forms
}

fn byte_forms(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = Vec::new();
    for (name, engine) in [("base64", STANDARD_NO_PAD), ("base64url", URL_SAFE_NO_PAD)] {
        for before in 0..3 {
            let padded = [&vec![0; before][..], secret].concat();
            let text = engine.encode(&padded).into_bytes();
            // Removes the characters that depend on the bytes before and after.
            let whole = text.len() - usize::from(padded.len() % 3 != 0);
            forms.push((name, text[[0, 2, 3][before]..whole].to_vec()));
        }
    }
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    forms.push(("hex", hex.to_uppercase().into_bytes()));
    forms.push(("hex", hex.into_bytes()));
    forms
}

fn text_forms(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let percent = |upper: bool| -> String {
        let encode = |byte: u8| match (unreserved(byte), upper) {
            (true, _) => char::from(byte).to_string(),
            (false, true) => format!("%{byte:02X}"),
            (false, false) => format!("%{byte:02x}"),
        };
        text.bytes().map(encode).collect()
    };
    let json = serde_json::to_string(text).unwrap();
    let escapes: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let quoted = format!("{text:?}");
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    vec![
        ("percent-encoded", percent(true).into_bytes()),
        ("percent-encoded", percent(false).into_bytes()),
        ("as in a form", percent(true).replace("%20", "+").into_bytes()),
        ("as JSON", json.trim_matches('"').to_owned().into_bytes()),
        ("as JSON with escapes", escapes.into_bytes()),
        ("as HTML", html.into_bytes()),
        ("as Rust shows it", quoted.trim_matches('"').to_owned().into_bytes()),
        ("UTF-16LE", utf16(u16::to_le_bytes)),
        ("UTF-16BE", utf16(u16::to_be_bytes)),
    ]
}

const SECRET: &str = "Xk7+q/Zé \"\\%&<w>=Vb3T";

fn planted(haystack: &[u8]) -> Vec<Leak> {
    let mut canaries = Canaries::default();
    canaries.add("secret", SECRET.as_bytes());
    let haystack = [&b"{\"time\":\"2026-11-23T10:00:00Z\",\"x\":"[..], haystack, b"}\n0123456789abcdef"].concat();
    canaries.find(&haystack)
}

#[test]
fn finds_leaks_in_each_form() {
    for (name, form) in forms(SECRET.as_bytes()) {
        assert!(!planted(&form).is_empty(), "{name}");
        // A piece of it, as in a truncated text.
        for piece in [&form[..PIECE], &form[form.len() - PIECE..], &form[3..3 + PIECE]] {
            assert!(!planted(piece).is_empty(), "a piece, {name}");
        }
    }
    for around in 0..3 {
        let text = format!("{}{SECRET}xyz", &"abc"[..around]);
        for encoded in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
            assert!(planted(encoded.as_bytes()).iter().any(|leak| leak.what.contains("base64")), "{around}");
        }
    }
}

#[test]
fn finds_no_leak_in_other_bytes() {
    assert!(planted(b"").is_empty());
    let others: Vec<u8> = (0..200_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    assert!(planted(&others).is_empty());
    assert!(planted(SECRET.to_lowercase().as_bytes()).is_empty());
}
