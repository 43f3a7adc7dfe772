//! The secret with which events are signed.

use keyferry_domain::SecretBytes;
use zeroize::Zeroizing;

use super::super::secret;
use crate::cli::SecretSource;
use crate::exit::Failure;
use crate::profiles::{listen_secret_path, private_file, read_secret};

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
    if path.exists() {
        let secret = read_secret(&path).map_err(|error| Failure::failed(error.to_string()))?;
        return Ok(signing(&secret, format!("Messages are signed with the secret in {}", path.display())));
    }
    let secret = keyferry_webhooks::new_secret().map_err(Failure::failed)?;
    let text = Zeroizing::new(String::from_utf8_lossy(secret.expose()).into_owned());
    private_file(&path, &text)?;
    let words = format!(
        "Messages are signed with a new secret, which is not shown again:\n{}\nIt is stored in {}",
        text.as_str(),
        path.display()
    );
    Ok(signing(&text, words))
}

fn signing(secret: &str, words: String) -> Signing {
    Signing { bytes: SecretBytes::new(secret.as_bytes().to_vec()), words: Zeroizing::new(words) }
}
