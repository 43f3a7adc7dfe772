//! Signing keys that the identity provider publishes.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use keyferry_domain::{Operation, Party};
use keyferry_http::{CallError, Client};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// Most keys read from a key set. No tenant has as many.
const MOST: usize = 100;

/// Signing keys by key id, with their issuer.
pub(super) struct Keys {
    pub(super) issuer: String,
    keys: HashMap<String, DecodingKey>,
}

/// Provider metadata (OpenID Connect Discovery 1.0, section 3).
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

/// Key set (RFC 7517 section 5). Its keys are parsed one by one, so that a key of an unknown type does not invalidate
/// the others.
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
    /// Exponent, in the same encoding.
    e: String,
}

/// Errors of fetching the signing keys.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("expected status 200 for {what}, but got {status}")]
    Status { what: &'static str, status: u16 },
    #[error("the URL of {what} is invalid")]
    Url { what: &'static str },
    #[error("the identity provider did not return metadata and key set within {seconds} s")]
    TimedOut { seconds: u64 },
    #[error("the key set contains no RSA signing key")]
    Empty,
}

impl Keys {
    /// Fetches the metadata, then the keys from its `jwks_uri`.
    pub(super) async fn fetch(client: &Client, metadata: &str) -> Result<Self, FetchError> {
        let what = "the OpenID Connect metadata";
        let metadata = url(metadata, what)?;
        let Metadata { issuer, jwks_uri } = get(client, &metadata, &[], what).await?;
        let what = "the key set";
        let JwkSet { keys } = get(client, &url(&jwks_uri, what)?, &[&metadata], what).await?;
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

fn url(text: &str, what: &'static str) -> Result<Url, FetchError> {
    text.parse().map_err(|_| FetchError::Url { what })
}

async fn get<T: serde::de::DeserializeOwned>(
    client: &Client,
    url: &Url,
    also_from: &[&Url],
    what: &'static str,
) -> Result<T, FetchError> {
    let answer = client.get_public(url, also_from, Party::IdentityProvider, Operation::SigningKeys).await?;
    if answer.status != 200 {
        return Err(FetchError::Status { what, status: answer.status });
    }
    Ok(answer.json()?)
}

/// Returns the id and key of `jwk` if it can verify RS256. The library checks the size: 2048 to 8192 bits.
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
    fn accepts_only_rsa_signing_keys() {
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
