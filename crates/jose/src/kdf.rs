//! Concat KDF of JOSE (RFC 7518 section 4.6.2).

use aws_lc_rs::kdf::{SskdfDigestAlgorithmId, get_sskdf_digest_algorithm, sskdf_digest};
use zeroize::Zeroizing;

use crate::{Error, Result};

const FAILED: Error = Error::Library { operation: "derive a key" };

/// Derives `key_len` bytes from the agreed secret.
///
/// `algorithm` is the `enc` for `ECDH-ES` and the `alg` otherwise. `apu` and `apv` are the decoded header members,
/// empty if missing.
pub(crate) fn derive(
    secret: &[u8],
    algorithm: &str,
    apu: &[u8],
    apv: &[u8],
    key_len: usize,
) -> Result<Zeroizing<Vec<u8>>> {
    let mut info = Vec::new();
    for field in [algorithm.as_bytes(), apu, apv] {
        let length = u32::try_from(field.len()).map_err(|_| FAILED)?;
        info.extend_from_slice(&length.to_be_bytes());
        info.extend_from_slice(field);
    }
    let bits = u32::try_from(key_len * 8).map_err(|_| FAILED)?;
    info.extend_from_slice(&bits.to_be_bytes());

    let sha_256 = get_sskdf_digest_algorithm(SskdfDigestAlgorithmId::Sha256).ok_or(FAILED)?;
    let mut key = Zeroizing::new(vec![0; key_len]);
    sskdf_digest(sha_256, secret, &info, &mut key).map_err(|_| FAILED)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
    use serde_json::json;

    use super::*;
    use crate::{PublicKey, base64url};

    /// RFC 7518 appendix C: Alice's ephemeral key, Bob's static key, `ECDH-ES` with `A128GCM`.
    #[test]
    fn rfc_7518_appendix_c() {
        let alice = base64url::decode("d", "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo").unwrap();
        let alice = PrivateKey::from_private_key(&ECDH_P256, &alice).unwrap();
        let bob = PublicKey::from_json(&json!({
            "kty": "EC",
            "crv": "P-256",
            "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
            "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
        }))
        .unwrap();
        let bob = UnparsedPublicKey::new(&ECDH_P256, bob.uncompressed_point());
        let key = agree(&alice, bob, FAILED, |secret| derive(secret, "A128GCM", b"Alice", b"Bob", 16)).unwrap();
        assert_eq!(base64url::encode(&*key), "VqqN6vgjbSBcIijNcacQGg");
    }

    #[test]
    fn every_input_changes_the_key() {
        let base = derive(b"secret", "A128GCM", b"u", b"v", 16).unwrap();
        for other in [
            derive(b"Secret", "A128GCM", b"u", b"v", 16).unwrap(),
            derive(b"secret", "A192GCM", b"u", b"v", 16).unwrap(),
            derive(b"secret", "A128GCM", b"", b"v", 16).unwrap(),
            derive(b"secret", "A128GCM", b"u", b"", 16).unwrap(),
            derive(b"secret", "A128GCM", b"uv", b"", 16).unwrap(),
        ] {
            assert_ne!(base, other);
        }
        let longer = derive(b"secret", "A128GCM", b"u", b"v", 32).unwrap();
        assert_ne!(base[..], longer[..16]);
    }
}
