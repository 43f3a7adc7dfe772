//! Secret of the ceremony in which Keyferry seals the requests: the response key and the creation options.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use keyferry_domain::{CreationOptions, SecretBytes};
use serde::{Deserialize, Serialize};
use zeroize::{ZeroizeOnDrop, Zeroizing};

const CHALLENGE: &str = "challenge";

/// Secret of the ceremony for one shipment.
pub(super) struct CeremonySecret {
    pub(super) response_key: SecretBytes,
    pub(super) creation_options: Vec<CreationOptions>,
}

#[derive(Serialize, Deserialize, ZeroizeOnDrop)]
struct Stored {
    #[zeroize(skip)]
    v: u8,
    response_key: String,
    #[zeroize(skip)]
    creation_options: Vec<CreationOptions>,
}

impl CeremonySecret {
    pub(super) fn to_secret(&self) -> Result<SecretBytes, serde_json::Error> {
        // The challenge is the largest part by far, and stores limit the size of a secret, so it is stored only once.
        let mut creation_options = self.creation_options.clone();
        for options in &mut creation_options {
            options.public_key.remove(CHALLENGE);
        }
        let stored =
            Stored { v: 1, response_key: STANDARD_NO_PAD.encode(self.response_key.expose()), creation_options };
        serde_json::to_vec(&stored).map(SecretBytes::new)
    }

    /// Decodes the secret. The error never contains the content.
    pub(super) fn from_secret(secret: &SecretBytes) -> Result<Self, &'static str> {
        let mut stored: Stored =
            serde_json::from_slice(secret.expose()).map_err(|_| "it was not written by Keyferry")?;
        if stored.v != 1 {
            return Err("it was written by a newer version of Keyferry");
        }
        for options in &mut stored.creation_options {
            options.public_key.insert(CHALLENGE.to_owned(), options.challenge.clone().into());
        }
        let key =
            Zeroizing::new(STANDARD_NO_PAD.decode(&stored.response_key).map_err(|_| "its response key is damaged")?);
        Ok(Self { response_key: key.into(), creation_options: std::mem::take(&mut stored.creation_options) })
    }
}
