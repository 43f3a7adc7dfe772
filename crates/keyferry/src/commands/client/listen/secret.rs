//! The secret with which events are signed.

use keyferry_domain::SecretBytes;
use zeroize::Zeroizing;

use super::super::secret;
use crate::cli::SecretSource;
use crate::exit::Failure;
use crate::profiles::{listen_secret_path, new_private_file, read_secret};

/// Secret, and words about it. They contain the secret if it is new.
pub(super) struct Signing {
    pub(super) bytes: SecretBytes,
    pub(super) words: Zeroizing<String>,
}

/// Returns the secret that the user supplies, or that of this machine, which the first call creates and stores.
pub(super) fn of(source: &SecretSource) -> Result<Signing, Failure> {
    if let Some(secret) = secret::given(source)? {
        return Ok(signing(&secret, "Messages are signed with your secret.".to_owned()));
    }
    let path = listen_secret_path()?;
    let secret = keyferry_webhooks::new_secret().map_err(Failure::failed)?;
    let new = Zeroizing::new(String::from_utf8_lossy(secret.expose()).into_owned());
    // Two commands may begin at the same time: both use the secret that is stored.
    if !path.exists() && new_private_file(&path, &new)? {
        let words = format!(
            "Messages are signed with a new secret, which is not shown again:\n{}\nIt is stored in {}",
            new.as_str(),
            path.display()
        );
        return Ok(signing(&new, words));
    }
    let stored = read_secret(&path).map_err(|error| Failure::failed(error.to_string()))?;
    Ok(signing(&stored, format!("Messages are signed with the secret in {}", path.display())))
}

fn signing(secret: &str, words: String) -> Signing {
    Signing { bytes: SecretBytes::new(secret.as_bytes().to_vec()), words: Zeroizing::new(words) }
}
