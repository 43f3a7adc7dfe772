//! The identity provider's signing keys, as it publishes them.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use keyferry_domain::{Operation, Party};
use keyferry_http::{CallError, Client};
use serde::Deserialize;
use serde_json::Value;

/// More keys than any tenant has.
const MOST: usize = 100;

/// Signing keys by their id, and who signs with them.
pub(super) struct Keys {
    pub(super) issuer: String,
    keys: HashMap<String, DecodingKey>,
}

/// OpenID Connect Discovery 1.0, section 3.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

/// RFC 7517 section 5. Keys of kinds we do not know must not spoil the others.
#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    /// Modulus, base64url of big-endian bytes (RFC 7518 section 6.3.1).
    n: String,
    /// Exponent, the same.
    e: String,
}

/// Why the keys could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("expected 200 from {what}, but it answered {status}")]
    Status { what: &'static str, status: u16 },
    #[error("{what} is not a URL")]
    Url { what: &'static str },
    #[error("the key set has no RSA signing key")]
    Empty,
}

impl Keys {
    /// Fetches the metadata, and the keys from where it says.
    pub(super) async fn fetch(client: &Client, metadata: &str) -> Result<Self, FetchError> {
        let Metadata { issuer, jwks_uri } = get(client, metadata, "the OpenID Connect metadata").await?;
        let JwkSet { keys } = get(client, &jwks_uri, "the key set").await?;
        let keys: HashMap<_, _> = keys.into_iter().take(MOST).filter_map(usable).collect();
        if keys.is_empty() {
            return Err(FetchError::Empty);
        }
        Ok(Self { issuer, keys })
    }

    pub(super) fn get(&self, kid: &str) -> Option<DecodingKey> {
        self.keys.get(kid).cloned()
    }
}

async fn get<T: serde::de::DeserializeOwned>(client: &Client, url: &str, what: &'static str) -> Result<T, FetchError> {
    let answer = client
        .get(&url.parse().map_err(|_| FetchError::Url { what })?)
        .about(Party::IdentityProvider, Operation::SigningKeys)
        .send()
        .await?;
    if answer.status != 200 {
        return Err(FetchError::Status { what, status: answer.status });
    }
    Ok(answer.json()?)
}

/// A key that may verify RS256 and nothing else. Its size is the library's business: 2048 to 8192 bits.
fn usable(jwk: Value) -> Option<(String, DecodingKey)> {
    let jwk: Jwk = serde_json::from_value(jwk).ok()?;
    let fits = jwk.kty == "RSA"
        && jwk.usage.is_none_or(|usage| usage == "sig")
        && jwk.alg.is_none_or(|alg| alg == "RS256")
        && !jwk.kid.is_empty();
    let (n, e) = (URL_SAFE_NO_PAD.decode(jwk.n).ok()?, URL_SAFE_NO_PAD.decode(jwk.e).ok()?);
    fits.then(|| (jwk.kid, DecodingKey::from_rsa_raw_components(&n, &e)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_rsa_signing_keys_are_taken() {
        let good = json!({"kty": "RSA", "kid": "a", "use": "sig", "n": "AQAB", "e": "AQAB", "x5c": ["..."]});
        assert!(usable(good.clone()).is_some());
        for (member, value) in [
            ("kty", json!("EC")),
            ("kty", json!("oct")),
            ("use", json!("enc")),
            ("alg", json!("HS256")),
            ("kid", json!("")),
            ("n", json!("not base64!")),
            ("e", json!(3)),
        ] {
            let mut bad = good.clone();
            bad[member] = value;
            assert!(usable(bad.clone()).is_none(), "{bad}");
        }
        assert!(usable(json!(null)).is_none());
    }
}
