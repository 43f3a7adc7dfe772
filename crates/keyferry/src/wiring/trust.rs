//! Trust anchors for attestations.

use keyferry_webauthn::TrustAnchors;

use crate::config::TrustAnchorSettings;

/// The vendor's published roots and intermediates; see `trust-anchors/README.md`.
const VENDOR_ROOTS: [&[u8]; 3] = [
    include_bytes!("../../../../trust-anchors/yubico-ca-1.pem"),
    include_bytes!("../../../../trust-anchors/yubico-fido-ca-1.pem"),
    include_bytes!("../../../../trust-anchors/yubico-fido-ca-2.pem"),
];
const VENDOR_INTERMEDIATES: [&[u8]; 1] = [include_bytes!("../../../../trust-anchors/yubico-intermediate.pem")];

pub(super) fn anchors(settings: &TrustAnchorSettings) -> Result<TrustAnchors, String> {
    let anchors = match &settings.trust_anchors {
        None => TrustAnchors::from_pem(&VENDOR_ROOTS, &VENDOR_INTERMEDIATES),
        Some(pem) => TrustAnchors::from_pem(&[pem], &[]),
    };
    match anchors {
        Ok(anchors) if anchors.is_empty() => {
            Err("KEYFERRY_TRUST_ANCHORS names a file without a certificate".to_owned())
        }
        Ok(anchors) => Ok(anchors),
        Err(error) => Err(format!("the trust anchors cannot be used: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_roots_are_there() {
        assert!(!anchors(&TrustAnchorSettings { trust_anchors: None }).unwrap().is_empty());
    }

    #[test]
    fn a_file_without_a_certificate_is_refused() {
        assert!(anchors(&TrustAnchorSettings { trust_anchors: Some(b"nothing".to_vec()) }).is_err());
    }
}
