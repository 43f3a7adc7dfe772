//! Authenticator extension outputs (section 9).

use ciborium::Value;
use serde_json::{Map, Value as Json};

use crate::{Base64Url, Error, cbor};

/// Extension identifiers and their outputs, in the order of the authenticator data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extensions(Vec<(String, Value)>);

impl Extensions {
    pub(crate) fn from_cbor(value: Value) -> Result<Self, Error> {
        let format = |reason: &str| Error::Format { what: "extensions", reason: reason.to_owned() };
        let entries = value.into_map().map_err(|_| format("expected a CBOR map"))?;
        let texts = entries.into_iter().map(|(key, value)| match key {
            Value::Text(key) => Ok((key, value)),
            _ => Err(format("expected text strings as extension identifiers")),
        });
        texts.collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn to_cbor(&self) -> Value {
        Value::Map(self.0.iter().map(|(key, value)| (Value::Text(key.clone()), value.clone())).collect())
    }

    /// Returns whether there are no outputs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns `credProtect` (CTAP 2.1 section 12.1). User verification is 1: optional, 2: optional with a credential
    /// id list, 3: required.
    pub fn cred_protect(&self) -> Option<i64> {
        self.get("credProtect").and_then(cbor::as_i64)
    }

    /// Returns `hmac-secret` (CTAP 2.1 section 12.5) of a registration: whether the credential supports it.
    pub fn hmac_secret(&self) -> Option<bool> {
        self.get("hmac-secret").and_then(Value::as_bool)
    }

    /// Sets `credProtect` to `level`.
    #[must_use]
    pub fn with_cred_protect(self, level: u8) -> Self {
        self.with("credProtect", Value::from(level))
    }

    /// Sets `hmac-secret`.
    #[must_use]
    pub fn with_hmac_secret(self, enabled: bool) -> Self {
        self.with("hmac-secret", Value::Bool(enabled))
    }

    /// Converts the outputs to JSON. Byte strings become base64url and tags `null`. Map entries with non-text keys are
    /// omitted.
    pub fn to_json(&self) -> Map<String, Json> {
        self.0.iter().map(|(key, value)| (key.clone(), json(value))).collect()
    }

    fn get(&self, identifier: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key == identifier).map(|(_, value)| value)
    }

    fn with(mut self, identifier: &str, value: Value) -> Self {
        self.0.retain(|(key, _)| key != identifier);
        self.0.push((identifier.to_owned(), value));
        self
    }
}

fn json(value: &Value) -> Json {
    match value {
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Integer(_) => cbor::as_i64(value).map_or(Json::Null, Json::from),
        Value::Float(number) => Json::from(*number),
        Value::Text(text) => Json::String(text.clone()),
        Value::Bytes(bytes) => Json::String(Base64Url::from(bytes.as_slice()).to_string()),
        Value::Array(items) => Json::Array(items.iter().map(json).collect()),
        Value::Map(entries) => Json::Object(
            entries.iter().filter_map(|(key, value)| Some((key.as_text()?.to_owned(), json(value)))).collect(),
        ),
        _ => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_outputs_by_name_and_converts_them_to_json() {
        let extensions = Extensions::default().with_cred_protect(2).with_hmac_secret(true).with_cred_protect(1);
        assert_eq!((extensions.cred_protect(), extensions.hmac_secret()), (Some(1), Some(true)));
        let text = Json::Object(extensions.to_json()).to_string();
        assert_eq!(text, r#"{"credProtect":1,"hmac-secret":true}"#);
        assert_eq!(json(&Value::Bytes(vec![0xfb, 0xff])), Json::from("-_8"));
    }

    #[test]
    fn rejects_anything_but_a_map_with_text_keys() {
        assert!(Extensions::from_cbor(Value::Array(vec![])).is_err());
        assert!(Extensions::from_cbor(Value::Map(vec![(Value::from(1), Value::Null)])).is_err());
    }

    #[test]
    fn converts_nested_values_to_json() {
        let value = Value::Map(vec![
            (Value::Text("list".into()), Value::Array(vec![Value::from(-7), Value::Float(0.5), Value::Bool(true)])),
            (Value::Text("map".into()), Value::Map(vec![(Value::Text("text".into()), Value::Text("x".into()))])),
            (Value::Text("tag".into()), Value::Tag(1, Box::new(Value::from(1)))),
            (Value::from(1), Value::from(2)),
        ]);
        let expected = serde_json::json!({ "list": [-7, 0.5, true], "map": { "text": "x" }, "tag": null });
        assert_eq!(json(&value), expected);
    }
}
