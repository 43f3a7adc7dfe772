//! A single X.509 certificate and the rules of WebAuthn and RFC 5280 that apply to it alone.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use chrono::{DateTime, Utc};
use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension, X509Extension};
use x509_parser::prelude::{FromDer, X509Version};
use x509_parser::time::ASN1Time;
use x509_parser::x509::AttributeTypeAndValue;

use crate::{Aaguid, CertificateFault, Error};

/// Object identifier of the extension `id-fido-gen-ce-aaguid` (section 8.2.1).
const AAGUID_EXTENSION: &str = "1.3.6.1.4.1.45724.1.1.4";
/// Critical extensions that are processed or have no effect here: key usage, subject alternative name, basic
/// constraints, extended key usage. RFC 5280 section 4.2 requires that all four are recognised.
const UNDERSTOOD: [&str; 4] = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37"];

/// Extensions that restrict the certificates below an issuer and that are not processed here: name constraints, policy
/// mappings, policy constraints and inhibit anyPolicy. A certificate with one of them is rejected even if the extension
/// is not critical (RFC 5280 section 4.2.1.10 requires that name constraints are), because the issuer has limited what
/// the certificate proves.
const RESTRICTING: [&str; 4] = ["2.5.29.30", "2.5.29.33", "2.5.29.36", "2.5.29.54"];

/// Summary of a certificate for display and records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateSummary {
    /// Distinguished name of the subject, similar to RFC 4514.
    pub subject: String,
    /// Distinguished name of the issuer.
    pub issuer: String,
    /// Start of the validity, inclusive.
    pub not_before: DateTime<Utc>,
    /// End of the validity, inclusive.
    pub not_after: DateTime<Utc>,
    /// SHA-1 of the DER, 40 lower-case hex digits. Only an identifier, as shown by Microsoft Graph.
    pub sha1: String,
    /// SHA-256 of the DER, 64 lower-case hex digits.
    pub sha256: String,
}

pub(super) struct Certificate<'a> {
    der: &'a [u8],
    x509: X509Certificate<'a>,
}

impl<'a> Certificate<'a> {
    /// Parses DER. Rejects malformed and duplicate extensions, because a check would otherwise miss them and pass.
    pub(super) fn parse(der: &'a [u8]) -> Result<Self, Error> {
        let unnamed = |fault| Error::Certificate { subject: "(unreadable)".to_owned(), fault };
        let malformed = |reason: String| unnamed(CertificateFault::Malformed(reason));
        let (rest, x509) = X509Certificate::from_der(der).map_err(|error| malformed(error.to_string()))?;
        if !rest.is_empty() {
            return Err(malformed(format!("{} bytes follow it", rest.len())));
        }
        let certificate = Self { der, x509 };
        let tbs = &certificate.x509.tbs_certificate;
        if tbs.extensions_map().is_err() {
            return Err(certificate.fault(CertificateFault::DuplicateExtension));
        }
        if !has_strict_frame(der) {
            let reason = "the outer frame is not DER, or the two signature algorithms differ";
            return Err(certificate.fault(CertificateFault::Malformed(reason.to_owned())));
        }
        let unread =
            |extension: &&X509Extension<'_>| matches!(extension.parsed_extension(), ParsedExtension::ParseError { .. });
        if let Some(extension) = tbs.extensions().iter().find(unread) {
            let reason = format!("extension {} is malformed", extension.oid.to_id_string());
            return Err(certificate.fault(CertificateFault::Malformed(reason)));
        }
        Ok(certificate)
    }

    pub(super) fn x509(&self) -> &X509Certificate<'a> {
        &self.x509
    }

    pub(super) fn der(&self) -> &'a [u8] {
        self.der
    }

    pub(super) fn subject(&self) -> String {
        self.x509.subject().to_string()
    }

    pub(super) fn issuer(&self) -> String {
        self.x509.issuer().to_string()
    }

    /// Returns whether the issuer of `self` has the name of `other`.
    pub(super) fn names_issuer(&self, other: &Certificate<'_>) -> bool {
        self.x509.issuer().as_raw() == other.x509.subject().as_raw()
    }

    pub(super) fn is_self_issued(&self) -> bool {
        self.names_issuer(self)
    }

    pub(super) fn fault(&self, fault: CertificateFault) -> Error {
        Error::Certificate { subject: self.subject(), fault }
    }

    pub(super) fn summary(&self) -> CertificateSummary {
        let validity = self.x509.validity();
        CertificateSummary {
            subject: self.subject(),
            issuer: self.issuer(),
            not_before: instant(validity.not_before),
            not_after: instant(validity.not_after),
            sha1: hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, self.der).as_ref()),
            sha256: hex(&crate::sha256(self.der)),
        }
    }

    /// Returns the extensions: dotted object identifiers and values, in DER.
    pub(super) fn extensions(&self) -> BTreeMap<String, Vec<u8>> {
        let extensions = self.x509.extensions().iter();
        extensions.map(|extension| (extension.oid.to_id_string(), extension.value.to_vec())).collect()
    }

    /// Returns whether the certificate is for the host `name`: as a DNS name, or else as the common name.
    pub(super) fn is_for_host(&self, name: &str) -> bool {
        if let Ok(Some(names)) = self.x509.subject_alternative_name() {
            let is_name =
                |other: &GeneralName<'_>| matches!(other, GeneralName::DNSName(dns) if dns.eq_ignore_ascii_case(name));
            return names.value.general_names.iter().any(is_name);
        }
        single(self.x509.subject().iter_common_name()).is_some_and(|common| common.eq_ignore_ascii_case(name))
    }

    /// Checks the requirements of section 8.2.1, except for the AAGUID extension.
    pub(super) fn check_packed_requirements(&self) -> Result<(), Error> {
        if self.x509.version() != X509Version::V3 {
            return Err(self.fault(CertificateFault::Version));
        }
        let subject = self.x509.subject();
        let country = single(subject.iter_country()).filter(|text| text.len() == 2);
        let organization = single(subject.iter_organization()).filter(|text| !text.is_empty());
        let unit = single(subject.iter_organizational_unit()).filter(|text| *text == "Authenticator Attestation");
        let name = single(subject.iter_common_name()).filter(|text| !text.is_empty());
        let attributes = [
            (country, "C", "one ISO 3166 country code of two letters"),
            (organization, "O", "one vendor name"),
            (unit, "OU", "one \"Authenticator Attestation\""),
            (name, "CN", "one name"),
        ];
        for (found, attribute, expected) in attributes {
            if found.is_none() {
                return Err(self.fault(CertificateFault::Subject { attribute, expected }));
            }
        }
        match self.x509.basic_constraints() {
            Ok(Some(constraints)) if !constraints.value.ca => Ok(()),
            _ => Err(self.fault(CertificateFault::LeafIsCa)),
        }
    }

    /// Checks that the model in the certificate, if there is one, is that of the authenticator data (section 8.2).
    pub(super) fn check_aaguid(&self, authenticator: Aaguid) -> Result<(), Error> {
        match self.aaguid()? {
            Some(certificate) if certificate != authenticator => {
                Err(self.fault(CertificateFault::AaguidMismatch { certificate, authenticator }))
            }
            _ => Ok(()),
        }
    }

    /// Checks that the certificate names a model.
    pub(super) fn require_aaguid(&self) -> Result<(), Error> {
        self.aaguid()?.map(drop).ok_or_else(|| self.fault(CertificateFault::AaguidMissing))
    }

    fn aaguid(&self) -> Result<Option<Aaguid>, Error> {
        let mut extensions = self.x509.extensions().iter();
        let Some(extension) = extensions.find(|extension| extension.oid.to_id_string() == AAGUID_EXTENSION) else {
            return Ok(None);
        };
        if extension.critical {
            return Err(self.fault(CertificateFault::AaguidCritical));
        }
        // The value is an OCTET STRING of 16 bytes inside the extension's own OCTET STRING.
        let bytes = extension.value.strip_prefix(&[0x04, 0x10]).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
        let bytes = bytes.ok_or_else(|| self.fault(CertificateFault::AaguidMalformed))?;
        Ok(Some(Aaguid::from_bytes(bytes)))
    }

    /// Checks the rules for every certificate of a path: it is valid at `time`, and has no restricting extension and no
    /// unknown critical one.
    pub(super) fn check_alone(&self, time: DateTime<Utc>) -> Result<(), CertificateFault> {
        let validity = self.x509.validity();
        let (not_before, not_after) = (instant(validity.not_before), instant(validity.not_after));
        if time < not_before || time > not_after {
            return Err(CertificateFault::Validity { not_before, not_after, at: time });
        }
        let oids = || self.x509.extensions().iter().map(|extension| extension.oid.to_id_string());
        if let Some(oid) = oids().find(|oid| RESTRICTING.contains(&oid.as_str())) {
            return Err(CertificateFault::Restriction { oid });
        }
        let strange = |extension: &&X509Extension<'_>| {
            extension.critical && !UNDERSTOOD.contains(&extension.oid.to_id_string().as_str())
        };
        match self.x509.extensions().iter().find(strange) {
            Some(extension) => Err(CertificateFault::CriticalExtension { oid: extension.oid.to_id_string() }),
            None => Ok(()),
        }
    }

    /// Checks that the certificate may issue certificates, with `below` intermediates between it and the attestation
    /// certificate.
    pub(super) fn check_issuer(&self, below: u32) -> Result<(), CertificateFault> {
        let constraints = match self.x509.basic_constraints() {
            Ok(Some(constraints)) if self.x509.version() == X509Version::V3 && constraints.value.ca => constraints,
            _ => return Err(CertificateFault::NotCa),
        };
        match self.x509.key_usage() {
            Ok(None) => {}
            Ok(Some(usage)) if usage.value.key_cert_sign() => {}
            _ => return Err(CertificateFault::KeyUsage),
        }
        match constraints.value.path_len_constraint {
            Some(allowed) if below > allowed => Err(CertificateFault::PathLength { allowed, found: below }),
            _ => Ok(()),
        }
    }
}

/// Checks the parts that no signature covers and that the parser does not verify: the tags of the outer frame, and that
/// the outer signature algorithm is encoded like the inner one (RFC 5280 section 4.1.1.2).
fn has_strict_frame(der: &[u8]) -> bool {
    let parts = || {
        let (_, certificate) = Any::from_der(der).ok()?;
        let (after_tbs, tbs) = Any::from_der(certificate.data).ok()?;
        let (signature, outer) = element(after_tbs)?;
        let (mut rest, first) = Any::from_der(tbs.data).ok()?;
        if first.tag() != Tag::Integer {
            // The first element was the version, [0], which version 1 omits.
            (rest, _) = element(rest)?;
        }
        let (_, inner) = element(rest)?;
        Some((signature.first()?, outer, inner))
    };
    const SEQUENCE: u8 = 0x30;
    const BIT_STRING: u8 = 0x03;
    der.first() == Some(&SEQUENCE) && parts().is_some_and(|(tag, outer, inner)| *tag == BIT_STRING && outer == inner)
}

/// Splits `bytes` into the bytes after the first DER element and the encoded element.
fn element(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (rest, _) = Any::from_der(bytes).ok()?;
    bytes.get(..bytes.len() - rest.len()).map(|element| (rest, element))
}

/// Returns the text of the only attribute, or `None` if there is none or more than one.
fn single<'a, 'b: 'a>(mut attributes: impl Iterator<Item = &'a AttributeTypeAndValue<'b>>) -> Option<&'a str> {
    let first = attributes.next()?;
    if attributes.next().is_some() {
        return None;
    }
    first.as_str().ok()
}

fn instant(time: ASN1Time) -> DateTime<Utc> {
    // ASN.1 times have the years 0 to 9999, all of which chrono supports.
    DateTime::from_timestamp(time.timestamp(), 0).unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
