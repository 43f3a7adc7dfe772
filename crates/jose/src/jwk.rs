//! Public keys as JSON Web Keys (RFC 7517, RFC 7518 section 6.2).

use aws_lc_rs::agreement::{self, ParsedPublicKey, UnparsedPublicKey};
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value};

use crate::error::shown;
use crate::{Error, Result, base64url};

const JWK: &str = "JWK";

/// Supported curves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// NIST P-256, `P-256`.
    P256,
    /// NIST P-384, `P-384`.
    P384,
}

impl Curve {
    /// Returns the registered name, as in `crv`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }

    /// Returns the length of a coordinate, in bytes.
    const fn coordinate_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    fn agreement(self) -> &'static agreement::Algorithm {
        match self {
            Self::P256 => &agreement::ECDH_P256,
            Self::P384 => &agreement::ECDH_P384,
        }
    }
}

/// Purpose of a key: its `use` (RFC 7517 section 4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// `enc`.
    Encryption,
    /// `sig`.
    Signature,
    /// Any other value. Such a key is not used.
    Other(String),
}

impl KeyUse {
    /// Returns the value of `use`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Encryption => "enc",
            Self::Signature => "sig",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for KeyUse {
    fn from(name: &str) -> Self {
        match name {
            "enc" => Self::Encryption,
            "sig" => Self::Signature,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// Public EC key. It is verified to be a point of its curve.
///
/// To use the key, convert it to an [`EncryptionKey`](crate::EncryptionKey) or a
/// [`VerificationKey`](crate::VerificationKey), which check its purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    curve: Curve,
    /// SEC 1 uncompressed form: 0x04, x, y.
    point: Vec<u8>,
    kid: Option<String>,
    key_use: Option<KeyUse>,
    alg: Option<String>,
}

impl PublicKey {
    /// Parses a JWK. Ignores unknown members. Treats `kid`, `use` and `alg` as missing if they are null or empty,
    /// because some publishers write them that way.
    ///
    /// # Errors
    /// Fails for another key type or curve, for coordinates that have a wrong length or are not on the curve, and for a
    /// private member `d`.
    pub fn from_json(jwk: &Value) -> Result<Self> {
        let jwk = jwk.as_object().ok_or(Error::NotAnObject)?;
        let kty = required(jwk, "kty")?;
        if kty != "EC" {
            return Err(Error::KeyType { actual: shown(kty) });
        }
        if jwk.contains_key("d") {
            return Err(Error::PrivateMember);
        }
        let curve = match required(jwk, "crv")? {
            "P-256" => Curve::P256,
            "P-384" => Curve::P384,
            other => {
                return Err(Error::Curve { expected: "P-384 or P-256", actual: shown(other) });
            }
        };
        let mut point = vec![4];
        for (member, what) in [("x", "`x` of the JWK"), ("y", "`y` of the JWK")] {
            let text = required(jwk, member)?;
            point.extend(base64url::decode_exact(what, text, curve.coordinate_len())?);
        }
        Ok(Self {
            kid: optional(jwk, "kid")?.map(str::to_owned),
            key_use: optional(jwk, "use")?.map(KeyUse::from),
            alg: optional(jwk, "alg")?.map(str::to_owned),
            ..Self::from_uncompressed(curve, &point)?
        })
    }

    /// Creates a key without members from its point in SEC 1 uncompressed form.
    pub(crate) fn from_uncompressed(curve: Curve, point: &[u8]) -> Result<Self> {
        let fault = Error::NotOnCurve { curve: curve.as_str() };
        // aws-lc-rs also accepts other encodings, which would give one key several representations.
        if point.len() != 1 + 2 * curve.coordinate_len() || point[0] != 4 {
            return Err(fault);
        }
        ParsedPublicKey::try_from(UnparsedPublicKey::new(curve.agreement(), point)).map_err(|_| fault)?;
        Ok(Self { curve, point: point.to_vec(), kid: None, key_use: None, alg: None })
    }

    /// Sets the `kid`.
    #[must_use]
    pub fn with_kid(self, kid: impl Into<String>) -> Self {
        Self { kid: Some(kid.into()), ..self }
    }

    /// Sets the `use`.
    #[must_use]
    pub fn with_use(self, key_use: KeyUse) -> Self {
        Self { key_use: Some(key_use), ..self }
    }

    pub(crate) fn with_alg(self, alg: &str) -> Self {
        Self { alg: Some(alg.to_owned()), ..self }
    }

    /// Returns the JWK: `kty`, `crv`, `x`, `y`, and `kid`, `use`, `alg` if set. Coordinates are base64url.
    pub fn to_json(&self) -> Value {
        let mut jwk = Map::new();
        let mut put = |name: &str, value: &str| jwk.insert(name.to_owned(), value.into());
        put("kty", "EC");
        put("crv", self.curve.as_str());
        put("x", &self.x());
        put("y", &self.y());
        for (name, value) in
            [("kid", self.kid()), ("use", self.key_use.as_ref().map(KeyUse::as_str)), ("alg", self.alg.as_deref())]
        {
            if let Some(value) = value {
                put(name, value);
            }
        }
        Value::Object(jwk)
    }

    /// Returns the RFC 7638 thumbprint with SHA-256, base64url.
    pub fn thumbprint(&self) -> String {
        let required_members =
            format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, self.curve.as_str(), self.x(), self.y());
        thumbprint_of(&required_members)
    }

    /// Returns the curve.
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// Returns the `kid`, if there is one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Returns the `use`, if there is one.
    pub fn key_use(&self) -> Option<&KeyUse> {
        self.key_use.as_ref()
    }

    /// Returns the `alg`, if there is one.
    pub fn alg(&self) -> Option<&str> {
        self.alg.as_deref()
    }

    /// Returns the point in SEC 1 uncompressed form: 0x04, then both coordinates.
    pub fn uncompressed_point(&self) -> &[u8] {
        &self.point
    }

    pub(crate) fn x(&self) -> String {
        base64url::encode(&self.point[1..=self.curve.coordinate_len()])
    }

    pub(crate) fn y(&self) -> String {
        base64url::encode(&self.point[1 + self.curve.coordinate_len()..])
    }
}

fn thumbprint_of(required_members: &str) -> String {
    base64url::encode(digest(&SHA256, required_members.as_bytes()))
}

fn required<'a>(jwk: &'a Map<String, Value>, member: &'static str) -> Result<&'a str> {
    optional(jwk, member)?.ok_or(Error::MissingMember { what: JWK, member })
}

fn optional<'a>(jwk: &'a Map<String, Value>, member: &'static str) -> Result<Option<&'a str>> {
    match jwk.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(Error::MemberType { what: JWK, member, expected: "a string" }),
    }
}

#[cfg(test)]
mod tests;
