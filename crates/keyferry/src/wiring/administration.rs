//! Access to the tenant with an administrator's token.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_domain::Failure;
use keyferry_entra::Tenant;
use keyferry_ops::setup::{Mode, Setup};

use super::outside::client;
use crate::config::AdministrationSettings;
use crate::system::{SystemClock, SystemEntropy};

/// An access token that was obtained elsewhere and cannot be renewed.
pub(crate) struct GivenToken(AccessToken);

impl GivenToken {
    /// Reads the token from a file.
    pub(crate) fn in_file(path: &Path) -> Result<Self, String> {
        let text =
            std::fs::read_to_string(path).map_err(|error| format!("could not read {}: {error}", path.display()))?;
        let text = text.trim().trim_matches('"');
        if text.is_empty() || text.contains(char::is_whitespace) {
            return Err(format!("{} does not contain an access token (expected one word)", path.display()));
        }
        Ok(Self(AccessToken::new(text)))
    }
}

#[async_trait]
impl TokenSource for GivenToken {
    async fn token(&self) -> Result<AccessToken, Failure> {
        Ok(self.0.clone())
    }

    fn invalidate(&self, _refused: &AccessToken) {}
}

/// Creates the setup of the tenant.
pub(crate) fn setup(settings: &AdministrationSettings, token: GivenToken, mode: Mode) -> Result<Setup, String> {
    let http = client(settings.extra_ca.as_deref(), None)?;
    let tenant = Tenant::new(settings.graph_endpoint.clone(), http, Arc::new(token));
    Ok(Setup { tenant, clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy), mode })
}
