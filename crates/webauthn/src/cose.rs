//! Credential public keys: COSE_Key (RFC 9052 section 7, RFC 9053, RFC 8230) with the restrictions of WebAuthn (section
//! 6.5.1.1).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, VerificationAlgorithm,
};
use ciborium::Value;

use crate::{Algorithm, Error, cbor};

/// Public key of a credential. It is validated: an EC point is on its curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: Algorithm,
    material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    /// Uncompressed SEC 1 point, or the 32 bytes of an Ed25519 key.
    Bytes(Vec<u8>),
    /// Modulus and exponent, big-endian without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

impl PublicKey {
    /// Parses a COSE_Key. Rejects trailing bytes.
    ///
    /// # Errors
    /// Fails for malformed CBOR, unsupported algorithms and invalid keys.
    pub fn from_cose(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_value(&cbor::read_all("COSE key", bytes)?)
    }

    pub(crate) fn from_value(value: &Value) -> Result<Self, Error> {
        let format = |reason: &str| Error::Format { what: "COSE key", reason: reason.to_owned() };
        let map = value.as_map().ok_or_else(|| format("expected a CBOR map"))?;
        let parameters = Parameters(map);
        let id = parameters.integer(3).ok_or_else(|| format("parameter 3 (alg) must be an integer"))?;
        let algorithm =
            Algorithm::from_id(id).ok_or(Error::AlgorithmUnsupported { what: "the credential", algorithm: id })?;
        let invalid = |reason| Error::PublicKey { algorithm, reason };
        // Section 6.5.1.1 forbids optional parameters, so the key type determines the number of parameters.
        let (key_type, count) = match algorithm {
            Algorithm::Es256 | Algorithm::Es384 => (2, 5),
            Algorithm::EdDsa => (1, 4),
            Algorithm::Rs256 => (3, 4),
        };
        if parameters.integer(1) != Some(key_type) {
            return Err(invalid("parameter 1 (kty) does not match the algorithm"));
        }
        if map.len() != count {
            return Err(invalid("it has optional parameters, which WebAuthn forbids"));
        }
        match algorithm {
            Algorithm::Es256 | Algorithm::Es384 => {
                let (curve, size) = if algorithm == Algorithm::Es256 { (1, 32) } else { (2, 48) };
                if parameters.integer(-1) != Some(curve) {
                    return Err(invalid("parameter -1 (crv) must be P-256 (1) for ES256 and P-384 (2) for ES384"));
                }
                let coordinate = |label| {
                    let bytes = parameters.bytes(label).filter(|bytes| bytes.len() == size);
                    bytes.ok_or_else(|| invalid("coordinates x and y must be byte strings of the curve's size"))
                };
                let point = [&[0x04], coordinate(-2)?, coordinate(-3)?].concat();
                Self::from_bytes(algorithm, point)
            }
            Algorithm::EdDsa => {
                if parameters.integer(-1) != Some(6) {
                    return Err(invalid("parameter -1 (crv) must be Ed25519 (6)"));
                }
                let key = parameters.bytes(-2).ok_or_else(|| invalid("parameter -2 (x) must be a byte string"))?;
                Self::from_bytes(algorithm, key.to_vec())
            }
            Algorithm::Rs256 => {
                let number = |label| {
                    let bytes = parameters.bytes(label).filter(|bytes| bytes.first().is_some_and(|byte| *byte != 0));
                    bytes.ok_or_else(|| invalid("n and e must be byte strings without leading zeros"))
                };
                let (n, e) = (number(-1)?, number(-2)?);
                if !(256..=1024).contains(&n.len()) || e.len() > 8 {
                    return Err(invalid("expected a modulus of 2048 to 8192 bits and an exponent of at most 64 bits"));
                }
                RsaPublicKeyComponents { n, e }
                    .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
                    .map_err(|_| invalid("modulus and exponent are not a valid RSA key"))?;
                Ok(Self { algorithm, material: Material::Rsa { n: n.to_vec(), e: e.to_vec() } })
            }
        }
    }

    /// Creates an ES256 key from an uncompressed SEC 1 point of 65 bytes.
    ///
    /// # Errors
    /// [`Error::PublicKey`] if the point has another form or is not on the curve.
    pub fn from_p256_point(point: &[u8]) -> Result<Self, Error> {
        if point.len() != 65 || point[0] != 0x04 {
            let reason = "expected an uncompressed point: 0x04 and two coordinates of 32 bytes";
            return Err(Error::PublicKey { algorithm: Algorithm::Es256, reason });
        }
        Self::from_bytes(Algorithm::Es256, point.to_vec())
    }

    fn from_bytes(algorithm: Algorithm, bytes: Vec<u8>) -> Result<Self, Error> {
        ParsedPublicKey::new(verifier(algorithm), &bytes)
            .map_err(|_| Error::PublicKey { algorithm, reason: "the point is not on the curve" })?;
        Ok(Self { algorithm, material: Material::Bytes(bytes) })
    }

    /// Returns the algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the uncompressed SEC 1 point of an ES256 key, 65 bytes. `None` for other algorithms.
    pub fn p256_point(&self) -> Option<&[u8]> {
        match (&self.material, self.algorithm) {
            (Material::Bytes(point), Algorithm::Es256) => Some(point),
            _ => None,
        }
    }

    /// Serialises the key as COSE_Key in CTAP2 canonical CBOR.
    pub fn to_cose(&self) -> Vec<u8> {
        let mut map = vec![(Value::from(3), Value::from(self.algorithm.id()))];
        let mut set = |label: i64, value: Value| map.push((Value::from(label), value));
        match (&self.material, self.algorithm) {
            (Material::Rsa { n, e }, _) => {
                set(1, Value::from(3));
                set(-1, Value::Bytes(n.clone()));
                set(-2, Value::Bytes(e.clone()));
            }
            (Material::Bytes(key), Algorithm::EdDsa) => {
                set(1, Value::from(1));
                set(-1, Value::from(6));
                set(-2, Value::Bytes(key.clone()));
            }
            (Material::Bytes(point), algorithm) => {
                let (x, y) = point[1..].split_at(point.len() / 2);
                set(1, Value::from(2));
                set(-1, Value::from(if algorithm == Algorithm::Es256 { 1 } else { 2 }));
                set(-2, Value::Bytes(x.to_vec()));
                set(-3, Value::Bytes(y.to_vec()));
            }
        }
        cbor::canonical(&Value::Map(map))
    }

    /// Returns whether `signature` is a valid signature of `message` by this key. ECDSA signatures are DER (section
    /// 6.5.5).
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Bytes(bytes) => ParsedPublicKey::new(verifier(self.algorithm), bytes)
                .is_ok_and(|key| key.verify_sig(message, signature).is_ok()),
            Material::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
        }
    }
}

fn verifier(algorithm: Algorithm) -> &'static dyn VerificationAlgorithm {
    match algorithm {
        Algorithm::Es256 => &ECDSA_P256_SHA256_ASN1,
        Algorithm::Es384 => &ECDSA_P384_SHA384_ASN1,
        Algorithm::EdDsa => &ED25519,
        Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
    }
}

/// Parameters of a COSE_Key by integer label.
struct Parameters<'a>(&'a [(Value, Value)]);

impl<'a> Parameters<'a> {
    fn get(&self, label: i64) -> Option<&'a Value> {
        self.0.iter().find(|(key, _)| cbor::as_i64(key) == Some(label)).map(|(_, value)| value)
    }

    fn integer(&self, label: i64) -> Option<i64> {
        self.get(label).and_then(cbor::as_i64)
    }

    fn bytes(&self, label: i64) -> Option<&'a [u8]> {
        self.get(label).and_then(Value::as_bytes).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests;
