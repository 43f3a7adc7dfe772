//! Attestation statement format `fido-u2f` (section 8.6), used by older keys.

use super::{AttestationKind, AttestationObject, Statement, certificate::Certificate, signature};
use crate::{Aaguid, Algorithm, Error};

pub(super) fn verify(object: &AttestationObject, client_data_hash: &[u8; 32]) -> Result<Statement, Error> {
    object.only(&["sig", "x5c"])?;
    let signature = object.signature()?;
    let certificates = object.certificates()?.filter(|list| list.len() == 1);
    let certificates = certificates.ok_or_else(|| object.malformed("expected exactly one certificate in x5c"))?;
    let credential = object.credential()?;
    let point = credential.public_key.p256_point();
    let point = point.ok_or_else(|| object.malformed("expected an ES256 credential"))?;
    if credential.aaguid != Aaguid::ZERO {
        // The U2F signature does not cover the AAGUID, so any other value would be unproven.
        return Err(object.malformed("expected an AAGUID of zeros"));
    }
    let message =
        [&[0x00], object.auth_data.rp_id_hash.as_slice(), client_data_hash, &credential.credential_id, point].concat();
    let leaf = Certificate::parse(&certificates[0])?;
    signature::verify_with(&leaf, Algorithm::Es256, "fido-u2f", &message, signature)?;
    Ok(Statement { format: "fido-u2f", kind: AttestationKind::Certificate, certificates })
}

#[cfg(test)]
mod tests;
