//! Firmware of security keys.

use std::fmt;
use std::str::FromStr;

/// Firmware version, for example `5.7.4`. Missing parts count as zero: `5.7` is `5.7.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FirmwareVersion([u16; 3]);

impl FirmwareVersion {
    /// Creates the version from its parts.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self([major, minor, patch])
    }
}

impl fmt::Display for FirmwareVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl FromStr for FirmwareVersion {
    type Err = InvalidFirmwareVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut version = [0; 3];
        let parts: Vec<_> = text.split('.').collect();
        if parts.len() > version.len() {
            return Err(InvalidFirmwareVersion);
        }
        for (place, part) in version.iter_mut().zip(parts) {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            *place = digits.then(|| part.parse().ok()).flatten().ok_or(InvalidFirmwareVersion)?;
        }
        Ok(Self(version))
    }
}

/// Error: the text is not a firmware version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a firmware version: expected one to three numbers with dots, for example 5.7 or 5.7.4")]
pub struct InvalidFirmwareVersion;

/// Extension of a vendor's attestation certificates that contains the firmware version.
#[derive(Clone, Copy, Debug)]
pub struct FirmwareExtension {
    /// Dotted object identifier.
    pub oid: &'static str,
    /// Reads the version from the extension's value, in DER. Returns `None` for any other encoding.
    pub read: fn(&[u8]) -> Option<FirmwareVersion>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> FirmwareVersion {
        text.parse().unwrap()
    }

    #[test]
    fn compares_by_number() {
        assert_eq!(version("5.7"), FirmwareVersion::new(5, 7, 0));
        assert_eq!(version("5").to_string(), "5.0.0");
        assert!(
            version("5.4.3") < version("5.7") && version("5.7") < version("5.10") && version("5.7.0") < version("6")
        );
    }

    #[test]
    fn rejects_other_text() {
        for text in ["", "5.", ".7", "5.7.4.1", "v5.7", "5.7-beta", "5. 7", "+5.7", "5.65536", "٥.٧"] {
            assert_eq!(text.parse::<FirmwareVersion>(), Err(InvalidFirmwareVersion), "{text:?}");
        }
    }
}
