//! Trust anchors of attestations.

use x509_parser::pem::Pem;

use super::{CertificateSummary, certificate::Certificate};
use crate::Error;

/// Trusted root certificates, and intermediate certificates that complete the path to a root. An intermediate is never
/// trusted by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustAnchors {
    roots: Vec<Vec<u8>>,
    intermediates: Vec<Vec<u8>>,
}

impl TrustAnchors {
    /// Reads the anchors from PEM texts, each with one or more certificates.
    ///
    /// # Errors
    /// [`Error::TrustAnchors`] for a text without a certificate, with another kind of PEM block, or with a certificate
    /// that is not a CA.
    pub fn from_pem(roots: &[&[u8]], intermediates: &[&[u8]]) -> Result<Self, Error> {
        let mut anchors = Self::default();
        for pem in roots {
            anchors.roots.extend(read_pem(pem)?);
        }
        for pem in intermediates {
            anchors.intermediates.extend(read_pem(pem)?);
        }
        Ok(anchors)
    }

    /// Reads the anchors from DER certificates.
    ///
    /// # Errors
    /// [`Error::TrustAnchors`] for anything that is not a certificate or not a CA.
    pub fn from_der(roots: Vec<Vec<u8>>, intermediates: Vec<Vec<u8>>) -> Result<Self, Error> {
        roots.iter().chain(&intermediates).try_for_each(|der| check_ca(der))?;
        Ok(Self { roots, intermediates })
    }

    /// Returns these anchors and those of `other`.
    #[must_use]
    pub fn merged(mut self, other: Self) -> Self {
        self.roots.extend(other.roots);
        self.intermediates.extend(other.intermediates);
        self
    }

    /// Returns whether there is no root, in which case nothing is trusted.
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// Returns summaries of the roots.
    ///
    /// # Errors
    /// [`Error::Certificate`] if a root cannot be parsed.
    pub fn roots(&self) -> Result<Vec<CertificateSummary>, Error> {
        self.roots.iter().map(|der| Ok(Certificate::parse(der)?.summary())).collect()
    }

    pub(super) fn parsed_roots(&self) -> Result<Vec<Certificate<'_>>, Error> {
        self.roots.iter().map(|der| Certificate::parse(der)).collect()
    }

    pub(super) fn parsed_intermediates(&self) -> Result<Vec<Certificate<'_>>, Error> {
        self.intermediates.iter().map(|der| Certificate::parse(der)).collect()
    }
}

fn read_pem(pem: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let invalid = |reason: String| Error::TrustAnchors { reason };
    let mut found = Vec::new();
    for block in Pem::iter_from_buffer(pem) {
        let block = block.map_err(|error| invalid(format!("invalid PEM: {error}")))?;
        if block.label != "CERTIFICATE" {
            return Err(invalid(format!("expected only CERTIFICATE blocks, found {:?}", block.label)));
        }
        check_ca(&block.contents)?;
        found.push(block.contents);
    }
    if found.is_empty() {
        return Err(invalid("the PEM text contains no certificate".to_owned()));
    }
    Ok(found)
}

fn check_ca(der: &[u8]) -> Result<(), Error> {
    let certificate = Certificate::parse(der).map_err(|error| Error::TrustAnchors { reason: error.to_string() })?;
    certificate.check_issuer(0).map_err(|fault| Error::TrustAnchors {
        reason: format!("certificate {:?} cannot be an anchor: {fault}", certificate.subject()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &[u8] = include_bytes!("../../../../trust-anchors/yubico-ca-1.pem");
    const INTERMEDIATES: &[u8] = include_bytes!("../../../../trust-anchors/yubico-intermediate.pem");

    #[test]
    fn reads_every_certificate_of_a_text() {
        let anchors = TrustAnchors::from_pem(&[ROOT], &[INTERMEDIATES]).unwrap();
        assert_eq!(anchors.intermediates.len(), 15);
        let roots = anchors.roots().unwrap();
        assert_eq!(roots[0].subject, "CN=Yubico Attestation Root 1");
        assert!(roots[0].sha256.starts_with("62760c6a") && roots[0].sha256.ends_with("d5a8"), "{}", roots[0].sha256);
    }

    #[test]
    fn rejects_anything_but_certificates() {
        let key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let rubbish = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for bad in [&b""[..], b"no PEM at all", key, rubbish, &ROOT[..600]] {
            assert!(matches!(TrustAnchors::from_pem(&[bad], &[]), Err(Error::TrustAnchors { .. })));
        }
    }

    #[test]
    fn is_empty_without_roots() {
        assert!(TrustAnchors::default().is_empty());
        assert!(!TrustAnchors::from_pem(&[ROOT], &[]).unwrap().is_empty());
        assert!(TrustAnchors::from_pem(&[], &[INTERMEDIATES]).unwrap().is_empty());
    }
}
