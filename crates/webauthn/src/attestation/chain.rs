//! Search for the certification path from an attestation certificate to a root.
//!
//! TLS verifiers cannot be used, because they require host names and extended key usage, which attestation certificates
//! do not have.

use chrono::{DateTime, Utc};

use super::{CertificateSummary, TrustAnchors, certificate::Certificate, signature};
use crate::{CertificateFault, Error};

/// Maximum number of certificates in a path, including the attestation certificate and the root.
const MAX_PATH: usize = 6;
/// Maximum number of signatures verified in one search. Crafted certificates with equal names could otherwise make the
/// search arbitrarily long.
const MAX_SIGNATURES: u32 = 64;

/// Finds a path from `leaf` to a root, over `presented` and the configured intermediates. All certificates of the path
/// are valid at `time`.
///
/// # Errors
/// [`Error::Certificate`] if `leaf` itself is invalid, [`Error::Untrusted`] if there is no path.
pub(super) fn find(
    leaf: &Certificate<'_>,
    presented: &[Certificate<'_>],
    anchors: &TrustAnchors,
    time: DateTime<Utc>,
) -> Result<Vec<CertificateSummary>, Error> {
    leaf.check_alone(time).map_err(|fault| leaf.fault(fault))?;
    let below = [leaf].into_iter().chain(presented);
    let anchors_above = anchors.named(below.map(|certificate| certificate.x509().issuer().as_raw()))?;
    let intermediates = presented.iter().chain(&anchors_above.intermediates).collect();
    let mut search =
        Search { roots: &anchors_above.roots, intermediates, time, signatures: MAX_SIGNATURES, fault: None };
    let mut path = vec![leaf];
    if search.extend(&mut path) {
        return Ok(path.into_iter().map(Certificate::summary).collect());
    }
    let reason = match search.fault {
        Some((_, subject, fault)) => format!("certificate {subject:?}: {fault}"),
        None => "no certificate of this issuer is configured or was presented".to_owned(),
    };
    Err(Error::Untrusted { subject: leaf.subject(), issuer: leaf.issuer(), roots: anchors.number_of_roots(), reason })
}

struct Search<'a> {
    roots: &'a [Certificate<'a>],
    intermediates: Vec<&'a Certificate<'a>>,
    time: DateTime<Utc>,
    signatures: u32,
    /// Fault that ended the longest path: length of the path, subject of the faulty certificate, violated rule.
    fault: Option<(usize, String, CertificateFault)>,
}

impl<'a> Search<'a> {
    /// Extends `path` to a root. Leaves it unchanged if there is no path.
    fn extend(&mut self, path: &mut Vec<&'a Certificate<'a>>) -> bool {
        let Some(&child) = path.last() else { return false };
        if path.len() >= MAX_PATH {
            return false;
        }
        let roots = self.roots;
        for root in roots.iter().filter(|root| child.names_issuer(root)) {
            if self.may_follow(path, child, root) {
                path.push(root);
                return true;
            }
        }
        for next in self.intermediates.clone() {
            // Two CAs can certify each other, so a certificate that is already in the path is skipped.
            let is_new = path.iter().all(|member| member.der() != next.der());
            if child.names_issuer(next) && is_new && self.may_follow(path, child, next) {
                path.push(next);
                if self.extend(path) {
                    return true;
                }
                path.pop();
            }
        }
        false
    }

    /// Returns whether `issuer` is valid and signed `child`. Records the fault otherwise.
    fn may_follow(&mut self, path: &[&Certificate<'_>], child: &Certificate<'_>, issuer: &Certificate<'_>) -> bool {
        // RFC 5280 section 4.2.1.9: neither self-issued certificates nor the attestation certificate count.
        let below = path.iter().skip(1).filter(|member| !member.is_self_issued()).count();
        let below = u32::try_from(below).unwrap_or(u32::MAX);
        let faults = [issuer.check_alone(self.time), issuer.check_issuer(below)];
        if let Some(fault) = faults.into_iter().find_map(Result::err) {
            return self.reject(path.len() + 1, issuer, fault);
        }
        let Some(left) = self.signatures.checked_sub(1) else { return false };
        self.signatures = left;
        match signature::check_issued(child, issuer) {
            Ok(()) => true,
            Err(fault) => self.reject(path.len(), child, fault),
        }
    }

    /// Records the fault if its path is the longest so far, which is the most useful one to report.
    fn reject(&mut self, length: usize, at: &Certificate<'_>, fault: CertificateFault) -> bool {
        if self.fault.as_ref().is_none_or(|(longest, ..)| length > *longest) {
            self.fault = Some((length, at.subject(), fault));
        }
        false
    }
}

#[cfg(test)]
mod tests;
