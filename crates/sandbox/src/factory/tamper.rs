//! How responses come out wrong on purpose. Each way has exactly the defect of its name and is sound otherwise.

use std::str::FromStr;

/// A way in which the next responses of a parcel are wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tamper {
    /// The JWS inside is unsecured (`alg` `none`, RFC 7515 appendix A.5).
    Unsigned,
    /// Signed by a key that is not published, under the name of one that is.
    WrongSigner,
    /// The sealed responses of another parcel, as they are.
    SwapWith(String),
    /// The client data answers another challenge.
    WrongChallenge,
    /// The client data comes from another origin.
    WrongOrigin,
    /// The authenticator data is for another relying party id.
    WrongRp,
    /// The flag "user verified" is not set.
    NoUserVerification,
    /// Another model made the credential; its attestation is sound.
    WrongAaguid,
    /// The attestation signature is by another key than the certificate's.
    BadAttestation,
    /// Not an envelope at all.
    Garbage,
    /// No credential response, only the PIN response.
    PinOnly,
    /// Both responses name another order.
    WrongRequestId,
    /// The PIN response tells another PIN than the key has.
    WrongPin,
}

/// The words for [`Tamper`], for people.
pub(crate) const KNOWN: &str = "unsigned, wrong_signer, swap_with:<shipment id>, wrong_challenge, wrong_origin, \
     wrong_rp, no_uv, wrong_aaguid, bad_attestation, garbage, pin_only, wrong_request_id, wrong_pin, none";

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
            "wrong_request_id" => Self::WrongRequestId,
            "wrong_pin" => Self::WrongPin,
            other => Self::SwapWith(other.strip_prefix("swap_with:").ok_or(())?.to_owned()),
        })
    }
}
