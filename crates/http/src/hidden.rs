//! Removal of sent secrets from responses that repeat them.

mod forms;
mod recent;
mod secret;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};
use url::Url;

pub(crate) use self::recent::Recent;
pub(crate) use self::secret::Find;
use self::secret::{PIECE, SHORTEST, Secret};

/// Text that replaces a secret.
const PLACEHOLDER: &str = "(secret)";

/// Secrets that were sent to another service, to be removed from its responses.
///
/// Services and proxies quote requests in their errors. Secrets are found as sent, and encoded as JSON, in a URL, as
/// HTML, as base64 at any offset, or as hex.
#[derive(Default)]
pub struct Hidden {
    secrets: Vec<Arc<Secret>>,
}

impl Hidden {
    /// Adds a secret. Secrets of less than four bytes are ignored.
    pub fn add(&mut self, secret: &str) {
        self.add_by(secret, |secret| Arc::new(Secret::new(secret)));
    }

    /// Adds a secret that other calls send too. Its encodings are kept for them.
    pub(crate) fn add_recent(&mut self, secret: &str, recent: &Recent) {
        self.add_by(secret, |secret| recent.secret(secret));
    }

    fn add_by(&mut self, secret: &str, prepare: impl FnOnce(&str) -> Arc<Secret>) {
        if secret.len() >= SHORTEST {
            self.secrets.push(prepare(secret));
        }
    }

    /// Adds the query of a URL that contains a signature: the whole query, and each of its values of at least 12 bytes,
    /// one of which is the signature. Other calls use this URL too.
    pub(crate) fn add_query(&mut self, url: &Url, recent: &Recent) {
        let long = |value: &str| value.len() >= PIECE;
        let Some(query) = url.query().filter(|query| !query.is_empty()) else { return };
        self.add_recent(query, recent);
        for raw in query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, raw)| raw).filter(|raw| long(raw))
        {
            self.add_recent(raw, recent);
        }
        for (_, value) in url.query_pairs().filter(|(_, value)| long(value)) {
            self.add_recent(&value, recent);
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
        if self.secrets.is_empty() || !body.contains(&b'\\') {
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
        for secret in &self.secrets {
            secret.find(text, find, &mut places);
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

#[cfg(test)]
mod tests;
