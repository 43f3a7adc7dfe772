//! Attestation (sections 6.5 and 8): proof of which model made a credential.

mod anchors;
mod certificate;
mod chain;
mod fido_u2f;
mod packed;
mod signature;

use chrono::{DateTime, Utc};
use ciborium::Value;

pub use anchors::TrustAnchors;
pub use certificate::CertificateSummary;

use crate::{Aaguid, AuthenticatorData, Error, cbor, client_data::excerpt};
use certificate::Certificate;
pub(crate) use packed::statement as packed_statement;

/// More certificates than any authenticator presents.
const MAX_PRESENTED: usize = 8;

/// An attestation object (section 6.5.4), read but not verified.
#[derive(Clone, Debug, PartialEq)]
pub struct AttestationObject {
    /// The statement's format, such as `packed`.
    pub format: String,
    /// Authenticator data, read.
    pub auth_data: AuthenticatorData,
    /// The bytes of the authenticator data, over which the signature goes.
    pub auth_data_bytes: Vec<u8>,
    statement: Vec<(Value, Value)>,
}

/// What vouches for a credential (section 6.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttestationKind {
    /// A certificate of the maker: "basic" or "AttCA", which look the same.
    Certificate,
    /// Only the credential itself: the authenticator data are whole, the model is a claim.
    SelfSigned,
    /// Nothing: the model and everything else are a claim.
    None,
}

/// An attestation whose signature was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedAttestation {
    /// `packed`, `fido-u2f` or `none`.
    pub format: &'static str,
    /// What vouches for the credential.
    pub kind: AttestationKind,
    /// Whether the certificates lead to one of the trust anchors that were given.
    pub trusted: bool,
    /// Certificates, the attestation certificate first. If trusted, the path up to and with the root; else what was presented.
    pub chain: Vec<CertificateSummary>,
}

/// A statement whose signature was verified, before any question of trust.
struct Statement {
    format: &'static str,
    kind: AttestationKind,
    /// DER, the attestation certificate first.
    certificates: Vec<Vec<u8>>,
}

impl AttestationObject {
    /// Reads the CBOR of an attestation object; at most 64 KiB.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let value = cbor::read_all("attestation object", bytes)?;
        let missing = |reason: &str| Error::Format { what: "attestation object", reason: reason.to_owned() };
        let map = value.as_map().ok_or_else(|| missing("expected a CBOR map"))?;
        let format = cbor::get(map, "fmt").and_then(Value::as_text).ok_or_else(|| missing("expected fmt, a text"))?;
        let statement =
            cbor::get(map, "attStmt").and_then(Value::as_map).ok_or_else(|| missing("expected attStmt, a map"))?;
        let auth_data_bytes =
            cbor::get(map, "authData").and_then(Value::as_bytes).ok_or_else(|| missing("expected authData, bytes"))?;
        Ok(Self {
            format: format.to_owned(),
            auth_data: AuthenticatorData::parse(auth_data_bytes)?,
            auth_data_bytes: auth_data_bytes.clone(),
            statement: statement.clone(),
        })
    }

    /// Verifies the statement's signature (7.1 steps 21 and 22) and, if `anchors` are given and there is a certificate, the path to
    /// one of them at `time` (step 24). Whether a credential without certificate will do is the caller's question.
    pub fn verify(
        &self,
        client_data_hash: &[u8; 32],
        anchors: Option<&TrustAnchors>,
        time: DateTime<Utc>,
    ) -> Result<VerifiedAttestation, Error> {
        let statement = match self.format.as_str() {
            "packed" => packed::verify(self, client_data_hash)?,
            "fido-u2f" => fido_u2f::verify(self, client_data_hash)?,
            "none" => self.verify_none()?,
            other => return Err(Error::AttestationFormat { format: excerpt(other).chars().take(32).collect() }),
        };
        let certificates = statement.certificates.iter().map(|der| Certificate::parse(der));
        let certificates = certificates.collect::<Result<Vec<_>, _>>()?;
        let mut chain = certificates.iter().map(Certificate::summary).collect();
        let mut trusted = false;
        if let (Some(anchors), [leaf, others @ ..]) = (anchors, certificates.as_slice()) {
            if statement.format == "packed" {
                // One root serves many models, so section 8.2.1 demands that the certificate tells which.
                leaf.require_aaguid()?;
            }
            chain = chain::find(leaf, others, anchors, time)?;
            trusted = true;
        }
        Ok(VerifiedAttestation { format: statement.format, kind: statement.kind, trusted, chain })
    }

    /// Section 8.7.
    fn verify_none(&self) -> Result<Statement, Error> {
        if !self.statement.is_empty() {
            return Err(self.malformed("expected an empty map"));
        }
        Ok(Statement { format: "none", kind: AttestationKind::None, certificates: Vec::new() })
    }

    fn malformed(&self, reason: &str) -> Error {
        Error::Format { what: "attestation statement", reason: format!("{}: {reason}", excerpt(&self.format)) }
    }

    /// Refuses members that the format's syntax does not know.
    fn only(&self, members: &[&str]) -> Result<(), Error> {
        let known = |key: &Value| key.as_text().is_some_and(|key| members.contains(&key));
        if self.statement.iter().all(|(key, _)| known(key)) {
            return Ok(());
        }
        Err(self.malformed(&format!("it has other members than {members:?}")))
    }

    fn signature(&self) -> Result<&[u8], Error> {
        let bytes = cbor::get(&self.statement, "sig").and_then(Value::as_bytes);
        bytes.map(Vec::as_slice).ok_or_else(|| self.malformed("expected sig, bytes"))
    }

    /// The certificates of `x5c` in DER; `None` where the member is absent.
    fn certificates(&self) -> Result<Option<Vec<Vec<u8>>>, Error> {
        let Some(value) = cbor::get(&self.statement, "x5c") else { return Ok(None) };
        let items = value.as_array().filter(|items| (1..=MAX_PRESENTED).contains(&items.len()));
        let items = items.ok_or_else(|| self.malformed("expected x5c to be an array of 1 to 8 certificates"))?;
        let ders = items.iter().map(|item| item.as_bytes().cloned());
        let ders = ders.collect::<Option<Vec<_>>>().ok_or_else(|| self.malformed("expected bytes in x5c"))?;
        Ok(Some(ders))
    }

    fn credential(&self) -> Result<&crate::AttestedCredential, Error> {
        self.auth_data.attested.as_ref().ok_or(Error::NoCredential)
    }

    fn aaguid(&self) -> Result<Aaguid, Error> {
        self.credential().map(|credential| credential.aaguid)
    }
}

#[cfg(test)]
mod tests;
