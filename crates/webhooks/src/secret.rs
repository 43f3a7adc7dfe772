//! Secrets of webhooks: `whsec_` and base64 of 24 to 64 bytes.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyferry_domain::SecretBytes;
use zeroize::Zeroizing;

const PREFIX: &str = "whsec_";

/// Bytes of a new secret.
const NEW: usize = 32;

/// Returns the bytes of the secret. `None` if it is not a secret.
pub(crate) fn key(secret: &SecretBytes) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(secret.expose()).ok()?;
    let key = Zeroizing::new(STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?);
    (24..=64).contains(&key.len()).then_some(key)
}

/// Creates a secret.
///
/// # Errors
/// The system has no randomness.
pub(crate) fn create() -> Result<SecretBytes, String> {
    let mut bytes = Zeroizing::new([0; NEW]);
    SystemRandom::new().fill(bytes.as_mut()).map_err(|_| "the system provided no random bytes".to_owned())?;
    Ok(SecretBytes::new(format!("{PREFIX}{}", STANDARD.encode(bytes.as_ref())).into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(text: &str) -> Option<usize> {
        key(&SecretBytes::new(text.as_bytes().to_vec())).map(|key| key.len())
    }

    #[test]
    fn accepts_secrets_of_the_specification() {
        assert_eq!(length("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Some(24));
        assert_eq!(length(&format!("whsec_{}", STANDARD.encode([1; 64]))), Some(64));
        for text in
            ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa", "whsec_ü"]
        {
            assert_eq!(length(text), None, "{text}");
        }
        assert_eq!(length(&format!("whsec_{}", STANDARD.encode([1; 65]))), None);
    }

    #[test]
    fn new_secrets_differ() {
        let [one, other] = [create().unwrap(), create().unwrap()];
        assert_ne!(one.expose(), other.expose());
        assert_eq!(key(&one).map(|key| key.len()), Some(NEW));
    }
}
