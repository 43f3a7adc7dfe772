//! The vendor's published attestation certificates, and what they contain. For the sources of the certificates, see
//! `trust-anchors/README.md`.

use keyferry_domain::{FirmwareExtension, FirmwareVersion};

/// Root certificates, PEM.
pub const ATTESTATION_ROOTS: [&[u8]; 3] = [
    include_bytes!("../../../trust-anchors/yubico-ca-1.pem"),
    include_bytes!("../../../trust-anchors/yubico-fido-ca-1.pem"),
    include_bytes!("../../../trust-anchors/yubico-fido-ca-2.pem"),
];

/// Intermediate certificates, PEM.
pub const ATTESTATION_INTERMEDIATES: [&[u8]; 1] = [include_bytes!("../../../trust-anchors/yubico-intermediate.pem")];

/// Extension with the firmware version: an OCTET STRING of three bytes, major, minor and patch
/// (<https://docs.yubico.com/hardware/oid/oid-u2f-fido-arc.html>). Attestation certificates of older keys lack it.
pub const FIRMWARE_EXTENSION: FirmwareExtension =
    FirmwareExtension { oid: "1.3.6.1.4.1.41482.13.1", read: read_firmware };

fn read_firmware(der: &[u8]) -> Option<FirmwareVersion> {
    const OCTET_STRING: u8 = 0x04;
    match *der {
        [OCTET_STRING, 3, major, minor, patch] => Some(FirmwareVersion::new(major.into(), minor.into(), patch.into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first value is that of a real certificate, `yubikey-5c-5.7.1.pem` in the test data of `keyferry-webauthn`;
    /// the second is the sample of the vendor's page.
    #[test]
    fn reads_firmware_version() {
        let read = |der: &[u8]| (FIRMWARE_EXTENSION.read)(der).map(|version| version.to_string());
        assert_eq!(read(&[4, 3, 5, 7, 1]).as_deref(), Some("5.7.1"));
        assert_eq!(read(&[4, 3, 4, 3, 0]).as_deref(), Some("4.3.0"));
        for der in [&[][..], &[5, 7, 1], &[4, 2, 5, 7], &[4, 3, 5, 7, 1, 0], &[2, 3, 5, 7, 1]] {
            assert_eq!(read(der), None, "{der:?}");
        }
    }
}
