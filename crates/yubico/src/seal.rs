//! Seals the requests for one key.

use keyferry_domain::ports::{Preparation, PreparedOrder, SealedKey};
use keyferry_domain::{Entropy, Failure, FailureKind, Operation};
use keyferry_jose::{DEFAULT_MAX_COMPACT_BYTES, EncryptionKey, Error as JoseError, JwkSet, PrivateKey, jwe};

use crate::choice::pick;
use crate::failures::{CREATION_OPTIONS, DELIVERY_SERVICE, FACTORY};
use crate::{Plaintext, YubicoSettings};

/// Generates a response key and seals the requests to one of `transport_keys`, chosen at random.
///
/// # Errors
/// `no-transport-key` if the set has no usable key, `cannot-seal` if the library fails, `request-too-large` if a
/// sealed request exceeds 128 KiB, and a failure of the identity provider if its creation options are unusable.
pub(crate) fn prepare(
    settings: &YubicoSettings,
    transport_keys: &JwkSet,
    entropy: &dyn Entropy,
    preparation: &Preparation<'_>,
) -> Result<PreparedOrder, Failure> {
    let transport_key = pick(transport_keys.encryption_keys(), entropy).ok_or_else(|| {
        let message = "the delivery service publishes no usable transport key";
        Failure::new(&DELIVERY_SERVICE, Operation::TransportKeys, FailureKind::Found("no-transport-key"), message)
    })?;
    let response_key = PrivateKey::generate().map_err(|error| cannot_seal(&error))?;
    let public = response_key.public_key();
    let mut credential_requests = Vec::with_capacity(preparation.creation_options.len());
    for options in &preparation.creation_options {
        let plaintext = settings.format.credential_request(preparation.request, public, options).map_err(|error| {
            Failure::new(&CREATION_OPTIONS, Operation::CreationOptions, FailureKind::InvalidResponse, error.to_string())
        })?;
        credential_requests.push(seal(settings, transport_key, &plaintext)?);
    }
    let pin_request = settings.format.pin_request(preparation.request, public, preparation.pin_length);
    let pin_request = seal(settings, transport_key, &pin_request)?;
    let secret = response_key.to_secret_bytes().map_err(|error| cannot_seal(&error))?;
    Ok(PreparedOrder { sealed: SealedKey { pin_request, credential_requests }, response_key: secret.into() })
}

fn seal(settings: &YubicoSettings, transport_key: &EncryptionKey, plaintext: &Plaintext) -> Result<String, Failure> {
    let sealed = jwe::encrypt(&plaintext.json, transport_key, settings.alg, settings.enc, Some(plaintext.content_type))
        .map_err(|error| cannot_seal(&error))?;
    if sealed.len() > DEFAULT_MAX_COMPACT_BYTES {
        let message = format!(
            "the creation options are too large: the sealed request has {} bytes, and the factory accepts at most \
             {DEFAULT_MAX_COMPACT_BYTES}",
            sealed.len()
        );
        return Err(found("request-too-large", message));
    }
    Ok(sealed)
}

fn cannot_seal(error: &JoseError) -> Failure {
    found("cannot-seal", format!("could not encrypt the requests for the factory: {error}"))
}

fn found(code: &'static str, message: String) -> Failure {
    Failure::new(&FACTORY, Operation::Order, FailureKind::Found(code), message)
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::testing::url;

    /// The factory accepts up to 128 KiB, inclusive.
    #[test]
    fn accepts_sealed_request_of_exactly_128_kib() {
        let [base, sign, transport] = [url("https://a.example"), url("https://b.example"), url("https://c.example")];
        let settings = YubicoSettings::new(base, sign, transport);
        let key = PrivateKey::generate().unwrap();
        // Base64 cannot produce every length, so the length of the header is varied, too.
        let sealed = |content_type: &'static str, length: usize| {
            let plaintext = Plaintext { content_type, json: Zeroizing::new(vec![b' '; length]) };
            seal(&settings, key.public_key(), &plaintext)
        };
        let mut largest = 0;
        for content_type in ["a", "ab", "abc", "abcd"] {
            let about = (131_072 - sealed(content_type, 0).unwrap().len()) / 4 * 3;
            for length in about - 3..about + 6 {
                match sealed(content_type, length) {
                    Ok(request) => largest = largest.max(request.len()),
                    Err(failure) => assert_eq!(failure.code(), Some("request-too-large")),
                }
            }
        }
        assert_eq!(largest, 131_072);
    }
}
