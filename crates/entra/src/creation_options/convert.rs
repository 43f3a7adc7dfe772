//! Conversion of Graph's creation options to `PublicKeyCredentialCreationOptionsJSON` (WebAuthn level 3 section 5.1.8).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use keyferry_domain::{CreationOptions, UserHandle};
use serde_json::{Map, Value, json};

use crate::exclude;

type Object = Map<String, Value>;

/// Converts a response body. Omits `timeout`, which is the timeout of a browser dialog, not the lifetime of the
/// challenge.
///
/// # Errors
/// Returns what was expected at which member. Contains no values.
pub(super) fn convert(body: Object) -> Result<CreationOptions, &'static str> {
    let mut body = unwrap(body);
    let deadline = body
        .get("challengeTimeoutDateTime")
        .and_then(Value::as_str)
        .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
        .ok_or("expected an RFC 3339 timestamp in challengeTimeoutDateTime")?
        .with_timezone(&Utc);
    let Some(Value::Object(mut public_key)) = body.remove("publicKey") else {
        return Err("expected an object in publicKey");
    };
    // Taken out before `tidy`: extensions may have any member, including names with `@` and nulls.
    let extensions = public_key.remove("extensions").filter(Value::is_object);
    tidy(&mut public_key);
    public_key.remove("timeout");

    let challenge = text(&public_key, "challenge").ok_or("expected a string in publicKey.challenge")?.to_owned();
    let rp_id =
        object(&public_key, "rp").and_then(|rp| text(rp, "id")).ok_or("expected a string in publicKey.rp.id")?;
    let rp_id = rp_id.to_owned();
    let parameters = public_key.get("pubKeyCredParams").and_then(Value::as_array);
    if parameters.is_none_or(Vec::is_empty) {
        return Err("expected at least one algorithm in publicKey.pubKeyCredParams");
    }
    let user =
        public_key.get_mut("user").and_then(Value::as_object_mut).ok_or("expected an object in publicKey.user")?;
    let handle = text(user, "id").and_then(base64url).ok_or("expected base64url in publicKey.user.id")?;
    user.insert("id".into(), json!(handle));
    let mut existing_credentials = 0;
    if let Some(excluded) = public_key.remove("excludeCredentials") {
        let Value::Array(excluded) = excluded else { return Err("expected an array in publicKey.excludeCredentials") };
        existing_credentials = excluded.len();
        let excluded: Vec<Value> = excluded.iter().flat_map(descriptors).collect();
        public_key.insert("excludeCredentials".into(), excluded.into());
    }
    if let Some(extensions) = extensions {
        public_key.insert("extensions".into(), extensions);
    }
    Ok(CreationOptions {
        public_key,
        challenge,
        rp_id,
        user_handle: UserHandle::new(handle),
        deadline,
        existing_credentials,
        correlation: None,
    })
}

/// Removes the wrapper `value`. The beta documentation's example has it, captured responses do not.
fn unwrap(mut body: Object) -> Object {
    match body.remove("value") {
        Some(Value::Object(inner)) if !body.contains_key("publicKey") => inner,
        _ => body,
    }
}

/// Removes what WebAuthn does not define: OData annotations, and nulls for missing members.
fn tidy(object: &mut Object) {
    object.retain(|name, value| !name.contains('@') && !value.is_null());
    for value in object.values_mut() {
        match value {
            Value::Object(inner) => tidy(inner),
            Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(tidy),
            _ => {}
        }
    }
}

/// Returns one descriptor per possible decoding of the id.
///
/// A descriptor with an unknown encoding is omitted. That is safe: the list prevents a user from registering the same
/// key twice, and a new key from the factory is not in it.
fn descriptors(value: &Value) -> Vec<Value> {
    let ids = value.get("id").and_then(Value::as_str).map(exclude::candidates).unwrap_or_default();
    if ids.is_empty() {
        tracing::warn!("ignored id in excludeCredentials: unknown encoding");
    }
    let with = |id: String| {
        let mut descriptor = value.as_object().cloned().unwrap_or_default();
        descriptor.insert("id".into(), json!(id));
        descriptor.entry("type").or_insert(json!("public-key"));
        Value::Object(descriptor)
    };
    ids.into_iter().map(with).collect()
}

fn object<'a>(object: &'a Object, name: &str) -> Option<&'a Object> {
    object.get(name)?.as_object()
}

fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// Converts base64 of either alphabet, padded or not, to base64url without padding.
fn base64url(text: &str) -> Option<String> {
    let text = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    URL_SAFE_NO_PAD.decode(&text).is_ok().then_some(text)
}

#[cfg(test)]
mod tests;
