//! Attestation (sections 6.5 and 8): proof of the authenticator model that created a credential.

mod anchors;
mod certificate;
mod chain;
mod fido_u2f;
mod metadata;
mod packed;
mod signature;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ciborium::Value;

pub use anchors::TrustAnchors;
pub use certificate::CertificateSummary;
pub use metadata::{Metadata, StatusReport};

use crate::{Aaguid, AuthenticatorData, Error, cbor, client_data::excerpt};
use certificate::Certificate;
pub(crate) use packed::statement as packed_statement;

/// Maximum number of certificates in `x5c`. Authenticators present fewer.
const MAX_PRESENTED: usize = 8;

/// A parsed attestation object (section 6.5.4). Its signature is not verified.
#[derive(Clone, Debug, PartialEq)]
pub struct AttestationObject {
    /// Format of the statement, for example `packed`.
    pub format: String,
    /// Parsed authenticator data.
    pub auth_data: AuthenticatorData,
    /// Authenticator data as signed.
    pub auth_data_bytes: Vec<u8>,
    statement: Vec<(Value, Value)>,
}

/// Kind of attestation (section 6.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttestationKind {
    /// Signed with a certificate of the vendor: "basic" or "AttCA", which are indistinguishable.
    Certificate,
    /// Signed with the credential itself: the authenticator data is unmodified, but the model is not proven.
    SelfSigned,
    /// No signature: neither the model nor anything else is proven.
    None,
}

/// A verified attestation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedAttestation {
    /// `packed`, `fido-u2f` or `none`.
    pub format: &'static str,
    /// Kind of attestation.
    pub kind: AttestationKind,
    /// Whether the certificates chain to one of the given trust anchors.
    pub trusted: bool,
    /// Certificates, the attestation certificate first. If trusted, the path including the root; otherwise the
    /// presented certificates.
    pub chain: Vec<CertificateSummary>,
    /// Extensions of the attestation certificate: dotted object identifiers and values, in DER. They are proven only if
    /// the attestation is trusted. Empty without a certificate.
    pub extensions: BTreeMap<String, Vec<u8>>,
}

/// A statement with a valid signature. Its trust is not checked yet.
struct Statement {
    format: &'static str,
    kind: AttestationKind,
    /// Certificates in DER, the attestation certificate first.
    certificates: Vec<Vec<u8>>,
}

impl AttestationObject {
    /// Parses the CBOR of an attestation object, at most 64 KiB.
    ///
    /// # Errors
    /// Fails for malformed CBOR, missing or mistyped members and malformed authenticator data.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let value = cbor::read_all("attestation object", bytes)?;
        let missing = |reason: &str| Error::Format { what: "attestation object", reason: reason.to_owned() };
        let map = value.as_map().ok_or_else(|| missing("expected a CBOR map"))?;
        let format =
            cbor::get(map, "fmt").and_then(Value::as_text).ok_or_else(|| missing("expected a text string `fmt`"))?;
        let statement =
            cbor::get(map, "attStmt").and_then(Value::as_map).ok_or_else(|| missing("expected a map `attStmt`"))?;
        let auth_data_bytes = cbor::get(map, "authData")
            .and_then(Value::as_bytes)
            .ok_or_else(|| missing("expected a byte string `authData`"))?;
        Ok(Self {
            format: format.to_owned(),
            auth_data: AuthenticatorData::parse(auth_data_bytes)?,
            auth_data_bytes: auth_data_bytes.clone(),
            statement: statement.clone(),
        })
    }

    /// Verifies the statement's signature (7.1 steps 21 and 22). If `anchors` is given and there is a certificate, also
    /// verifies its path to one of the anchors at `time` (step 24).
    ///
    /// Accepts attestation without a certificate. The caller decides whether that is sufficient.
    ///
    /// # Errors
    /// Fails for unknown formats, malformed statements, invalid signatures and certificates, and missing trust.
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
        let extensions = certificates.first().map(Certificate::extensions).unwrap_or_default();
        let mut trusted = false;
        if let (Some(anchors), [leaf, others @ ..]) = (anchors, certificates.as_slice()) {
            if statement.format == "packed" {
                // One root serves many models, so section 8.2.1 requires that the certificate names the model.
                leaf.require_aaguid()?;
            }
            chain = chain::find(leaf, others, anchors, time)?;
            trusted = true;
        }
        Ok(VerifiedAttestation { format: statement.format, kind: statement.kind, trusted, chain, extensions })
    }

    /// Verifies the statement format `none` (section 8.7).
    fn verify_none(&self) -> Result<Statement, Error> {
        if !self.statement.is_empty() {
            return Err(self.malformed("expected an empty map"));
        }
        Ok(Statement { format: "none", kind: AttestationKind::None, certificates: Vec::new() })
    }

    fn malformed(&self, reason: &str) -> Error {
        Error::Format { what: "attestation statement", reason: format!("{}: {reason}", excerpt(&self.format)) }
    }

    /// Rejects statements with members that the format does not define.
    fn only(&self, members: &[&str]) -> Result<(), Error> {
        let known = |key: &Value| key.as_text().is_some_and(|key| members.contains(&key));
        if self.statement.iter().all(|(key, _)| known(key)) {
            return Ok(());
        }
        Err(self.malformed(&format!("it has other members than {members:?}")))
    }

    fn signature(&self) -> Result<&[u8], Error> {
        let bytes = cbor::get(&self.statement, "sig").and_then(Value::as_bytes);
        bytes.map(Vec::as_slice).ok_or_else(|| self.malformed("expected a byte string `sig`"))
    }

    /// Returns the certificates of `x5c` in DER, or `None` if the member is missing.
    fn certificates(&self) -> Result<Option<Vec<Vec<u8>>>, Error> {
        let Some(value) = cbor::get(&self.statement, "x5c") else { return Ok(None) };
        let items = value.as_array().filter(|items| (1..=MAX_PRESENTED).contains(&items.len()));
        let items = items.ok_or_else(|| self.malformed("expected an array `x5c` of 1 to 8 certificates"))?;
        let ders = items.iter().map(|item| item.as_bytes().cloned());
        let ders = ders.collect::<Option<Vec<_>>>().ok_or_else(|| self.malformed("expected byte strings in `x5c`"))?;
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
