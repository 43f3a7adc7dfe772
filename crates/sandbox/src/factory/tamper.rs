//! Deliberate defects of responses. Each variant has exactly one defect; everything else is valid.

use std::str::FromStr;

/// Defect of the next responses of a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tamper {
    /// The inner JWS is unsecured (`alg` `none`, RFC 7515 appendix A.5).
    Unsigned,
    /// The signing key is not published, but has the `kid` of a published one.
    WrongSigner,
    /// The responses are those of another parcel, unchanged.
    SwapWith(String),
    /// The client data has another challenge.
    WrongChallenge,
    /// The client data has another origin.
    WrongOrigin,
    /// The authenticator data has another relying party id.
    WrongRp,
    /// The flag "user verified" is not set.
    NoUserVerification,
    /// The credential is from another model, with a valid attestation.
    WrongAaguid,
    /// The key of the attestation signature is not that of the certificate.
    BadAttestation,
    /// The responses are not envelopes.
    Garbage,
    /// There is only the PIN response, and no credential response.
    PinOnly,
    /// There are only credential responses, and no PIN response.
    CredentialOnly,
    /// Both responses have the request id of another order.
    WrongRequestId,
    /// The PIN response has a PIN that is not the key's.
    WrongPin,
}

/// Names of the [`Tamper`] variants, for error messages.
pub(crate) const KNOWN: &str = "unsigned, wrong_signer, swap_with:<shipment id>, wrong_challenge, wrong_origin, \
     wrong_rp, no_uv, wrong_aaguid, bad_attestation, garbage, pin_only, credential_only, wrong_request_id, \
     wrong_pin, none";

impl FromStr for Tamper {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "unsigned" => Self::Unsigned,
            "wrong_signer" => Self::WrongSigner,
            "wrong_challenge" => Self::WrongChallenge,
            "wrong_origin" => Self::WrongOrigin,
            "wrong_rp" => Self::WrongRp,
            "no_uv" => Self::NoUserVerification,
            "wrong_aaguid" => Self::WrongAaguid,
            "bad_attestation" => Self::BadAttestation,
            "garbage" => Self::Garbage,
            "pin_only" => Self::PinOnly,
            "credential_only" => Self::CredentialOnly,
            "wrong_request_id" => Self::WrongRequestId,
            "wrong_pin" => Self::WrongPin,
            other => Self::SwapWith(other.strip_prefix("swap_with:").ok_or(())?.to_owned()),
        })
    }
}
