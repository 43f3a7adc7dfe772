//! Input of the scenario.

use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use super::Browser;

/// Default user for whom a key is ordered.
pub const DEFAULT_USER: &str = "ada.lovelace@contoso.onmicrosoft.com";
/// Default time to wait for `complete`, and then for the mail.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(60);

/// Endpoints, caller and options of the scenario.
#[derive(Clone)]
pub struct World {
    /// Base URL of the connector's API.
    pub api: Url,
    /// Base URL of the sandbox.
    pub sandbox: Url,
    /// Token endpoint that the caller uses.
    pub token_url: Url,
    /// Client id of the caller. The connector must allow it.
    pub client_id: String,
    /// Client secret of the caller.
    pub client_secret: Zeroizing<String>,
    /// Scope of the token: the connector's App ID URI with `/.default`.
    pub scope: String,
    /// User of the sandbox for whom the key is ordered, by user principal name or object id.
    pub user: String,
    /// Whether to order a customization whose PIN must be changed before the key's first use.
    pub one_time_pin: bool,
    /// How long to wait for `complete`, and then for the mail.
    pub patience: Duration,
    /// Whether processing is left to the connector's schedule. The scenario then calls no processing, and retries reads
    /// that fail.
    pub by_schedule: bool,
    /// Browser for steps 15 to 18. `None` skips these steps.
    pub browser: Option<Browser>,
}
