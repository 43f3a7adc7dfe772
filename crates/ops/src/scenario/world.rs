//! What the scenario runs against.

use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use super::Browser;

/// The user whose key is ordered unless another is named.
pub const DEFAULT_USER: &str = "ada.lovelace@contoso.onmicrosoft.com";
/// How long to wait for `complete`, and then for the mail, unless told otherwise.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(60);

/// What the scenario runs against.
#[derive(Clone)]
pub struct World {
    /// Base URL of the connector's API.
    pub api: Url,
    /// Base URL of the sandbox.
    pub sandbox: Url,
    /// Token endpoint that the caller asks.
    pub token_url: Url,
    /// Client id of the caller: one that the connector allows.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Zeroizing<String>,
    /// Scope of the token: the connector's App ID URI with `/.default`.
    pub scope: String,
    /// Whom the key is for: a user of the sandbox, by user principal name or object id.
    pub user: String,
    /// Orders a customization whose PIN must be changed before the key's first use.
    pub one_time_pin: bool,
    /// How long to wait for `complete`, and then for the mail.
    pub patience: Duration,
    /// Nobody asks for processing: the connector's schedule does the work, and a call that is lost is made again.
    pub by_schedule: bool,
    /// Steps 15 to 18 are done in it.
    pub browser: Option<Browser>,
}
