//! Trust anchors for attestations.

use keyferry_webauthn::TrustAnchors;
use keyferry_yubico::{ATTESTATION_INTERMEDIATES, ATTESTATION_ROOTS};

use crate::config::TrustAnchorSettings;

pub(super) fn anchors(settings: &TrustAnchorSettings) -> Result<TrustAnchors, String> {
    let anchors = match &settings.trust_anchors {
        None => TrustAnchors::from_pem(&ATTESTATION_ROOTS, &ATTESTATION_INTERMEDIATES),
        Some(pem) => TrustAnchors::from_pem(&[pem], &[]),
    };
    match anchors {
        Ok(anchors) if anchors.is_empty() => Err("KEYFERRY_TRUST_ANCHORS: the file contains no certificate".to_owned()),
        Ok(anchors) => Ok(anchors),
        Err(error) => Err(format!("could not load the trust anchors: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_roots_are_valid() {
        assert!(!anchors(&TrustAnchorSettings { trust_anchors: None }).unwrap().is_empty());
    }

    #[test]
    fn rejects_file_without_certificate() {
        assert!(anchors(&TrustAnchorSettings { trust_anchors: Some(b"nothing".to_vec()) }).is_err());
    }
}
