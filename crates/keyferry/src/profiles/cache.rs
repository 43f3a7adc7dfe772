//! Cached tokens of a profile.

use keyferry_domain::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::places::{private_file, remove, secret_path, token_path};
use crate::exit::Failure;

/// Tokens of a profile. `Debug` is not implemented, because they are secret.
#[derive(Serialize, Deserialize)]
pub(super) struct Cached {
    /// What the tokens depend on.
    pub(super) identity: String,
    pub(super) access_token: String,
    pub(super) expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<String>,
}

impl Drop for Cached {
    fn drop(&mut self) {
        self.access_token.zeroize();
        self.refresh_token.zeroize();
    }
}

/// Returns the tokens of a profile. A file that cannot be read is as good as none.
pub(super) fn read(profile: &str, identity: &str) -> Option<Cached> {
    let text = Zeroizing::new(std::fs::read_to_string(token_path(profile).ok()?).ok()?);
    let cached: Cached = serde_json::from_str(&text).ok()?;
    (cached.identity == identity).then_some(cached)
}

/// Stores the tokens of a profile.
pub(super) fn write(profile: &str, cached: &Cached) -> Result<(), Failure> {
    let text = serde_json::to_string(cached).map_err(|error| Failure::failed(error.to_string()))?;
    private_file(&token_path(profile)?, &Zeroizing::new(text))
}

/// Removes the stored tokens and the stored secret of a profile.
pub(crate) fn forget(profile: &str) -> Result<(), Failure> {
    remove(&token_path(profile)?)?;
    remove(&secret_path(profile)?)
}
