//! Defects of made keys.

/// Defect that the factory introduces on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tamper {
    Challenge,
    RelyingParty,
    Unverified,
    /// The credential may be backed up.
    BackupEligible,
    OtherModel,
    Untrusted,
    Unattested,
    SelfAttested,
    /// The credential response names another key.
    CredentialSerial,
    /// The PIN response names another key.
    PinSerial,
    PinLength,
}
