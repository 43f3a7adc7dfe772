//! Secrets that were sent, and that the other side repeats.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use url::Url;
use zeroize::Zeroizing;

use crate::encode_segment;

/// What stands where a secret stood.
const PLACEHOLDER: &str = "(secret)";

/// So much of a secret is a piece that is worth hiding.
const PIECE: usize = 12;

/// Of what is longer, such as an access token, a piece is found for sure when it is twice as long.
const LONG: usize = 128;

/// Shorter texts are no secrets, and stand in any text.
const SHORTEST: usize = 4;

/// What is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Find {
    /// Secrets that stand there whole. For data: tokens and challenges are made alike and share longer pieces, such as a
    /// tenant's id, and a challenge must come through as it is.
    Whole,
    /// Longer pieces of them, too. For what nobody but a person reads.
    Pieces,
}

/// Secrets that were handed to another party. What it says later is freed of them before anybody reads it, as services
/// and proxies on the way quote requests in their errors: the secrets as they are, and written as JSON, in a URL, as
/// HTML, as base64 at any offset, or as hex.
#[derive(Default)]
pub struct Hidden {
    forms: Vec<Zeroizing<Vec<u8>>>,
}

impl Hidden {
    /// Adds a secret. One of less than four bytes is ignored.
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

    /// Adds the query of an address that is a secret by its query: all of it, and each of its longer values, one of
    /// which is the signature.
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

    /// Words of the other side without the secrets and longer pieces of them.
    pub fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes(), Find::Pieces)).into_owned()
    }

    /// The body of an answer without the secrets: wherever they stand in it, and in the texts that it says as JSON,
    /// which may be written with escapes.
    pub(crate) fn body<'a>(&self, body: &'a [u8], find: Find) -> Cow<'a, [u8]> {
        let body = self.bytes(body, find);
        if self.forms.is_empty() || !body.contains(&b'\\') {
            return body;
        }
        let Ok(said) = serde_json::from_slice::<Value>(&body) else { return body };
        match self.json(&said, find) {
            Cow::Borrowed(_) => body,
            Cow::Owned(said) => Cow::Owned(said.to_string().into_bytes()),
        }
    }

    /// The bytes without the secrets.
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

    /// Where they stand, in order and apart from each other.
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

/// How a secret may be written: as text, and as bytes of such a text.
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
            // Characters at the ends hold bits of what stands beside the secret, too.
            let begin = [0, 2, 3][offset];
            let end = encoded.len() - usize::from(bytes.len() % 3 != 0);
            forms.push(Zeroizing::new(encoded[begin..end].to_vec()));
        }
    }
    forms
}

/// The same with the digits of `%2F` in lower case, as some write it.
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
