//! The path from an attestation certificate to a root.
//!
//! Our own because TLS verifiers ask for what attestation certificates have not: names of hosts and extended key usage.

use chrono::{DateTime, Utc};

use super::{CertificateSummary, TrustAnchors, certificate::Certificate, signature};
use crate::{CertificateFault, Error};

/// Certificates in a path, the attestation certificate and the root among them.
const MAX_PATH: usize = 6;
/// Signatures that are verified in one search, lest crafted certificates with equal names cost time without end.
const MAX_SIGNATURES: u32 = 64;

/// Finds a path from `leaf` over `presented` and the pool to a root; all its certificates are valid at `time`.
pub(super) fn find(
    leaf: &Certificate<'_>,
    presented: &[Certificate<'_>],
    anchors: &TrustAnchors,
    time: DateTime<Utc>,
) -> Result<Vec<CertificateSummary>, Error> {
    leaf.check_alone(time).map_err(|fault| leaf.fault(fault))?;
    let (roots, pool) = (anchors.parsed_roots()?, anchors.parsed_intermediates()?);
    let intermediates = presented.iter().chain(&pool).collect();
    let mut search = Search { roots: &roots, intermediates, time, signatures: MAX_SIGNATURES, fault: None };
    let mut path = vec![leaf];
    if search.extend(&mut path) {
        return Ok(path.into_iter().map(Certificate::summary).collect());
    }
    let reason = match search.fault {
        Some((_, subject, fault)) => format!("certificate {subject:?}: {fault}"),
        None => "no certificate of that issuer is configured or was presented".to_owned(),
    };
    Err(Error::Untrusted { subject: leaf.subject(), issuer: leaf.issuer(), roots: roots.len(), reason })
}

struct Search<'a> {
    roots: &'a [Certificate<'a>],
    intermediates: Vec<&'a Certificate<'a>>,
    time: DateTime<Utc>,
    signatures: u32,
    /// The fault at which the longest path ended: the path's length, the subject at fault, the rule.
    fault: Option<(usize, String, CertificateFault)>,
}

impl<'a> Search<'a> {
    /// Extends `path` to a root; leaves it as it was where there is no way.
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

    fn may_follow(&mut self, path: &[&Certificate<'_>], child: &Certificate<'_>, issuer: &Certificate<'_>) -> bool {
        // RFC 5280 section 4.2.1.9: self-issued certificates do not count, nor does the attestation certificate.
        let below = path.iter().skip(1).filter(|member| !member.is_self_issued()).count();
        let below = u32::try_from(below).unwrap_or(u32::MAX);
        let faults = [issuer.check_alone(self.time), issuer.check_issuer(below)];
        if let Some(fault) = faults.into_iter().find_map(Result::err) {
            return self.refuse(path.len() + 1, issuer, fault);
        }
        let Some(left) = self.signatures.checked_sub(1) else { return false };
        self.signatures = left;
        match signature::check_issued(child, issuer) {
            Ok(()) => true,
            Err(fault) => self.refuse(path.len(), child, fault),
        }
    }

    fn refuse(&mut self, length: usize, at: &Certificate<'_>, fault: CertificateFault) -> bool {
        if self.fault.as_ref().is_none_or(|(longest, ..)| length > *longest) {
            self.fault = Some((length, at.subject(), fault));
        }
        false
    }
}

#[cfg(test)]
mod tests;
