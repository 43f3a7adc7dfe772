//! RS256 signing keys of the token service. They sign and verify compact JWS.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::error::Error;
use crate::ground::random;

/// Number of published keys. After a rotation the previous key stays published, so that its tokens can be verified.
const PUBLISHED: usize = 2;

struct SigningKey {
    /// Random here. In Entra it is the certificate's thumbprint: 20 bytes, base64url.
    kid: String,
    pair: KeyPair,
}

/// Published keys. The first one signs.
pub(crate) struct SigningKeys(Mutex<VecDeque<Arc<SigningKey>>>);

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKeys").finish_non_exhaustive()
    }
}

impl SigningKeys {
    /// Generates one key.
    pub(crate) fn new() -> Result<Self, Error> {
        let keys = Self(Mutex::default());
        keys.rotate()?;
        Ok(keys)
    }

    /// Generates a key, which signs from now on. The previous key stays published; older ones are removed.
    pub(crate) fn rotate(&self) -> Result<(), Error> {
        let pair =
            KeyPair::generate(KeySize::Rsa2048).map_err(|error| Error::key_material("token signing key", error))?;
        let kid = URL_SAFE_NO_PAD.encode(random::bytes::<20>());
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.push_front(Arc::new(SigningKey { kid, pair }));
        keys.truncate(PUBLISHED);
        Ok(())
    }

    /// Returns the published keys as JWKs (RFC 7517). Like Entra, without `alg`.
    pub(super) fn jwks(&self) -> Vec<Value> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter()
            .map(|key| {
                let (n, e) = components(&key.pair);
                json!({
                    "kty": "RSA", "use": "sig", "kid": key.kid, "x5t": key.kid,
                    "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e),
                })
            })
            .collect()
    }

    /// Signs claims and returns a compact JWS. Returns `None` if signing fails.
    pub(super) fn sign(&self, claims: &Value) -> Option<String> {
        let key = self.0.lock().unwrap_or_else(PoisonError::into_inner).front().cloned()?;
        let header = json!({"typ": "JWT", "alg": "RS256", "x5t": key.kid, "kid": key.kid});
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let mut signature = vec![0; key.pair.public_modulus_len()];
        key.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Verifies a token with the published keys and returns its claims.
    ///
    /// # Errors
    /// Returns an error if the token is malformed, or if no published key signed it.
    pub(crate) fn verify(&self, token: &str) -> Result<Value, TokenError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed);
        let parse = |part: &str| serde_json::from_slice::<Value>(&decode(part)?).map_err(|_| TokenError::Malformed);
        let header = parse(header)?;
        // Before the key lookup: `alg` "none" or an HMAC must never pass.
        if header["alg"] != "RS256" {
            return Err(TokenError::Signature);
        }
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = keys.iter().find(|key| header["kid"] == *key.kid).ok_or(TokenError::Signature)?;
        let (n, e) = components(&key.pair);
        RsaPublicKeyComponents { n, e }
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &decode(signature)?)
            .map_err(|_| TokenError::Signature)?;
        parse(claims)
    }
}

/// Reason why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenError {
    /// The token is not a compact JWS.
    Malformed,
    /// The key is unknown, the algorithm is not RS256, or the signature is invalid.
    Signature,
}

/// Returns modulus and exponent of the public key, big-endian.
pub(super) fn components(pair: &KeyPair) -> (Vec<u8>, Vec<u8>) {
    let public = pair.public_key();
    (
        public.modulus().big_endian_without_leading_zero().to_vec(),
        public.exponent().big_endian_without_leading_zero().to_vec(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_valid_after_one_rotation_but_not_after_two() {
        let keys = SigningKeys::new().unwrap();
        let token = keys.sign(&json!({"sub": "x"})).unwrap();
        keys.rotate().unwrap();
        assert_eq!(keys.verify(&token).unwrap()["sub"], "x");
        assert_eq!(keys.jwks().len(), 2);
        keys.rotate().unwrap();
        assert_eq!(keys.verify(&token), Err(TokenError::Signature));
    }

    #[test]
    fn refuses_modified_and_unsigned_tokens() {
        let keys = SigningKeys::new().unwrap();
        let token = keys.sign(&json!({"roles": ["a"]})).unwrap();
        let (header, rest) = token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let forged = format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(r#"{"roles":["b"]}"#));
        assert_eq!(keys.verify(&forged), Err(TokenError::Signature));
        let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode("{}"));
        assert_eq!(keys.verify(&unsigned), Err(TokenError::Signature));
        assert_eq!(keys.verify("opaque"), Err(TokenError::Malformed));
    }
}
