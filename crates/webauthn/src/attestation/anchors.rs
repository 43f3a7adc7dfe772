//! Trust anchors of attestations.

use x509_parser::pem::Pem;

use super::{CertificateSummary, certificate::Certificate};
use crate::Error;

/// Trusted root certificates, and intermediate certificates that complete the path to a root. An intermediate is never
/// trusted by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustAnchors {
    roots: Vec<Anchor>,
    intermediates: Vec<Anchor>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Anchor {
    der: Vec<u8>,
    /// Name of the subject in DER.
    subject: Vec<u8>,
}

/// The anchors that a path can lead over, parsed.
pub(super) struct Relevant<'a> {
    pub(super) roots: Vec<Certificate<'a>>,
    pub(super) intermediates: Vec<Certificate<'a>>,
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
        let checked = |ders: Vec<Vec<u8>>| ders.into_iter().map(Anchor::checked).collect::<Result<_, _>>();
        Ok(Self { roots: checked(roots)?, intermediates: checked(intermediates)? })
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
        self.roots.iter().map(|anchor| Ok(anchor.parsed()?.summary())).collect()
    }

    /// Returns the number of roots.
    pub(super) fn number_of_roots(&self) -> usize {
        self.roots.len()
    }

    /// Returns the anchors with one of these names, given in DER, and those that issued one of the returned. Parsing
    /// all anchors for each key takes longer than verifying its signature.
    pub(super) fn named<'a>(&'a self, issuers: impl Iterator<Item = &'a [u8]>) -> Result<Relevant<'a>, Error> {
        let mut names: Vec<Vec<u8>> = issuers.map(<[u8]>::to_vec).collect();
        let mut parsed: Vec<Option<Certificate<'a>>> = self.intermediates.iter().map(|_| None).collect();
        loop {
            let mut places = self.intermediates.iter().zip(&parsed);
            let Some(place) = places.position(|(anchor, parsed)| parsed.is_none() && names.contains(&anchor.subject))
            else {
                break;
            };
            let certificate = self.intermediates[place].parsed()?;
            names.push(certificate.x509().issuer().as_raw().to_vec());
            parsed[place] = Some(certificate);
        }
        let roots = self.roots.iter().filter(|anchor| names.contains(&anchor.subject));
        Ok(Relevant {
            roots: roots.map(Anchor::parsed).collect::<Result<_, _>>()?,
            intermediates: parsed.into_iter().flatten().collect(),
        })
    }

    #[cfg(test)]
    pub(super) fn parsed_roots(&self) -> Result<Vec<Certificate<'_>>, Error> {
        self.roots.iter().map(Anchor::parsed).collect()
    }

    #[cfg(test)]
    pub(super) fn parsed_intermediates(&self) -> Result<Vec<Certificate<'_>>, Error> {
        self.intermediates.iter().map(Anchor::parsed).collect()
    }
}

impl Anchor {
    /// Rejects anything that is not a certificate or not a CA.
    fn checked(der: Vec<u8>) -> Result<Self, Error> {
        let certificate =
            Certificate::parse(&der).map_err(|error| Error::TrustAnchors { reason: error.to_string() })?;
        certificate.check_issuer(0).map_err(|fault| Error::TrustAnchors {
            reason: format!("certificate {:?} cannot be an anchor: {fault}", certificate.subject()),
        })?;
        let subject = certificate.x509().subject().as_raw().to_vec();
        Ok(Self { der, subject })
    }

    fn parsed(&self) -> Result<Certificate<'_>, Error> {
        Certificate::parse(&self.der)
    }
}

fn read_pem(pem: &[u8]) -> Result<Vec<Anchor>, Error> {
    let invalid = |reason: String| Error::TrustAnchors { reason };
    let mut found = Vec::new();
    for block in Pem::iter_from_buffer(pem) {
        let block = block.map_err(|error| invalid(format!("invalid PEM: {error}")))?;
        if block.label != "CERTIFICATE" {
            return Err(invalid(format!("expected only CERTIFICATE blocks, found {:?}", block.label)));
        }
        found.push(Anchor::checked(block.contents)?);
    }
    if found.is_empty() {
        return Err(invalid("the PEM text contains no certificate".to_owned()));
    }
    Ok(found)
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
