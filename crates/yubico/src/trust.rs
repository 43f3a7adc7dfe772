//! The vendor's published attestation certificates. For their sources, see `trust-anchors/README.md`.

/// Root certificates, PEM.
pub const ATTESTATION_ROOTS: [&[u8]; 3] = [
    include_bytes!("../../../trust-anchors/yubico-ca-1.pem"),
    include_bytes!("../../../trust-anchors/yubico-fido-ca-1.pem"),
    include_bytes!("../../../trust-anchors/yubico-fido-ca-2.pem"),
];

/// Intermediate certificates, PEM.
pub const ATTESTATION_INTERMEDIATES: [&[u8]; 1] = [include_bytes!("../../../trust-anchors/yubico-intermediate.pem")];
