//! Removal of sent secrets from responses that repeat them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use url::Url;
use zeroize::Zeroizing;

use crate::encode_segment;

/// Text that replaces a secret.
const PLACEHOLDER: &str = "(secret)";

/// Length of the shortest piece of a secret that is removed, in bytes.
const PIECE: usize = 12;

/// Length of a secret above which only every [`PIECE`]th piece is searched, in bytes. In such a long secret, for
/// example an access token, a piece is found reliably only if it has at least `2 * PIECE - 1` bytes.
const LONG: usize = 128;

/// Length of the shortest secret, in bytes. Shorter strings occur in ordinary text by chance.
const SHORTEST: usize = 4;

/// Parts of secrets to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Find {
    /// Only complete secrets. For data: tokens and challenges can have long pieces in common, for example the tenant
    /// id, and a challenge must not be changed.
    Whole,
    /// Also pieces of at least [`PIECE`] bytes. For text that only humans read.
    Pieces,
}

/// Secrets that were sent to another service, to be removed from its responses.
///
/// Services and proxies quote requests in their errors. Secrets are found as sent, and encoded as JSON, in a URL, as
/// HTML, as base64 at any offset, or as hex.
#[derive(Default)]
pub struct Hidden {
    forms: Vec<Zeroizing<Vec<u8>>>,
}

impl Hidden {
    /// Adds a secret. Secrets of less than four bytes are ignored.
    pub fn add(&mut self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        for form in forms(secret) {
            if form.len() >= SHORTEST && !self.forms.contains(&form) {
                self.forms.push(form);
            }
        }
    }

    /// Adds the query of a URL that contains a signature: the whole query, and each of its values of at least 12 bytes,
    /// one of which is the signature.
    pub fn add_query(&mut self, url: &Url) {
        let long = |value: &str| value.len() >= PIECE;
        let Some(query) = url.query().filter(|query| !query.is_empty()) else { return };
        self.add(query);
        for raw in query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, raw)| raw).filter(|raw| long(raw))
        {
            self.add(raw);
        }
        for (_, value) in url.query_pairs().filter(|(_, value)| long(value)) {
            self.add(&value);
        }
    }

    /// Returns a text of the other service without secrets and pieces of at least 12 bytes of them.
    pub fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes(), Find::Pieces)).into_owned()
    }

    /// Returns a response body without secrets. If the body is JSON with escapes, its strings are searched unescaped,
    /// too.
    pub(crate) fn body<'a>(&self, body: &'a [u8], find: Find) -> Cow<'a, [u8]> {
        let body = self.bytes(body, find);
        if self.forms.is_empty() || !body.contains(&b'\\') {
            return body;
        }
        let Ok(value) = serde_json::from_slice::<Value>(&body) else { return body };
        match self.json(&value, find) {
            Cow::Borrowed(_) => body,
            Cow::Owned(cleaned) => Cow::Owned(cleaned.to_string().into_bytes()),
        }
    }

    /// Returns the bytes without secrets.
    pub(crate) fn bytes<'a>(&self, text: &'a [u8], find: Find) -> Cow<'a, [u8]> {
        let places = self.places(text, find);
        if places.is_empty() {
            return Cow::Borrowed(text);
        }
        let (mut clean, mut end) = (Vec::with_capacity(text.len()), 0);
        for place in places {
            clean.extend_from_slice(&text[end..place.start]);
            clean.extend_from_slice(PLACEHOLDER.as_bytes());
            end = place.end;
        }
        clean.extend_from_slice(&text[end..]);
        Cow::Owned(clean)
    }

    fn json<'a>(&self, value: &'a Value, find: Find) -> Cow<'a, Value> {
        let clean = |text: &str| match self.bytes(text.as_bytes(), find) {
            Cow::Borrowed(_) => text.to_owned(),
            Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        };
        let cleaned = match value {
            Value::String(text) => Value::String(clean(text)),
            Value::Array(values) => values.iter().map(|value| self.json(value, find).into_owned()).collect(),
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| (clean(name), self.json(value, find).into_owned()));
                Value::Object(members.collect::<Map<_, _>>())
            }
            _ => return Cow::Borrowed(value),
        };
        if cleaned == *value { Cow::Borrowed(value) } else { Cow::Owned(cleaned) }
    }

    /// Returns the ranges to remove, in order, merged where they overlap or touch.
    fn places(&self, text: &[u8], find: Find) -> Vec<Range<usize>> {
        let mut places = Vec::new();
        let mut pieces = HashMap::<&[u8], Vec<(&[u8], usize)>>::new();
        for form in &self.forms {
            if find == Find::Whole || form.len() < PIECE {
                places.extend(all(text, form));
                continue;
            }
            let step = if form.len() > LONG { PIECE } else { 1 };
            for (offset, piece) in form.windows(PIECE).enumerate().step_by(step) {
                pieces.entry(piece).or_default().push((form, offset));
            }
        }
        for (at, window) in text.windows(PIECE).enumerate() {
            for &(form, offset) in pieces.get(window).into_iter().flatten() {
                let before = common(text[..at].iter().rev(), form[..offset].iter().rev());
                let after = common(text[at..].iter(), form[offset..].iter());
                places.push(at - before..at + after);
            }
        }
        places.sort_by_key(|place| place.start);
        places.dedup_by(|next, kept| {
            let touches = next.start <= kept.end;
            if touches {
                kept.end = kept.end.max(next.end);
            }
            touches
        });
        places
    }
}

fn all(text: &[u8], form: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let found = text.windows(form.len()).enumerate().filter(move |(_, window)| *window == form);
    found.map(|(at, window)| at..at + window.len())
}

fn common<'a>(one: impl Iterator<Item = &'a u8>, other: impl Iterator<Item = &'a u8>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).count()
}

/// Returns all encodings of a secret: as text, and as base64 and hex of such a text.
fn forms(secret: &str) -> Vec<Zeroizing<Vec<u8>>> {
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
fn lower_percent(encoded: &str) -> String {
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

#[cfg(test)]
mod tests;
