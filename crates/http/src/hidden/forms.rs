//! Encodings of a secret.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::encode_segment;

/// Returns all encodings of a secret: as text, and as base64 and hex of such a text.
pub(super) fn forms(secret: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let percent = encode_segment(secret);
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = Value::from(secret).to_string();
    let mut forms = vec![secret.as_bytes().to_vec(), json.trim_matches('"').as_bytes().to_vec()];
    forms.extend([lower_percent(&form), form, lower_percent(&percent), percent, html(secret)].map(String::into_bytes));
    forms.sort();
    forms.dedup();
    let mut forms: Vec<_> = forms.into_iter().map(Zeroizing::new).collect();
    for index in 0..forms.len() {
        let encoded = byte_forms(&forms[index]);
        forms.extend(encoded);
    }
    forms
}

fn byte_forms(text: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let hex: String = text.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![Zeroizing::new(hex.to_uppercase().into_bytes()), Zeroizing::new(hex.into_bytes())];
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        for offset in 0..3 {
            let mut bytes = Zeroizing::new(vec![0; offset]);
            bytes.extend_from_slice(text);
            let encoded = Zeroizing::new(engine.encode(&*bytes).into_bytes());
            // The first and last characters also encode bits of the adjacent text, so they are not compared.
            let begin = [0, 2, 3][offset];
            let end = encoded.len() - usize::from(bytes.len() % 3 != 0);
            forms.push(Zeroizing::new(encoded[begin..end].to_vec()));
        }
    }
    forms
}

/// Returns a percent-encoded text with lower-case hex digits (`%2f`), as written by some services.
pub(super) fn lower_percent(encoded: &str) -> String {
    let mut digits = 0;
    let lower = encoded.chars().map(|c| {
        let lower = if digits > 0 { c.to_ascii_lowercase() } else { c };
        digits = if c == '%' { 2 } else { digits.max(1) - 1 };
        lower
    });
    lower.collect()
}

fn html(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#x27;"),
            '/' => html.push_str("&#x2f;"),
            other => html.push(other),
        }
    }
    html
}
