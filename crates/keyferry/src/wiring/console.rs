//! The operator's console.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use keyferry_access::{IdTokenSettings, IdTokenVerifier, Sessions, SignIn};
use keyferry_azure_identity::failures::FAILURES as TOKEN_ENDPOINT;
use keyferry_azure_identity::{AppCredential, AuthorizationCodeGrant};
use keyferry_console::{ConsoleState, PublicUrl};
use keyferry_domain::{Clock, SavedViewStore, SessionStore};
use keyferry_engine::Engine;
use keyferry_http::Pacing;
use url::Url;

use super::identity::tenant_metadata;
use super::outside::{SecretSources, SettingSecret, client};
use crate::config::Settings;

/// Pace of sign-ins: anyone who reaches the console can begin one. Far above what the operators of a tenant need.
const SIGN_INS: Pacing =
    Pacing { requests: 100, per: Duration::from_secs(10), longest_wait: Some(Duration::from_secs(5)) };

/// Returns the sign-in of the console, or `None` if it is off.
pub(super) fn sign_in(settings: &Settings, keyring: SecretSources<'_>) -> Result<Option<SignIn>, String> {
    let console = &settings.console;
    if !console.enabled {
        return Ok(None);
    }
    let http = client(settings.outgoing.extra_ca.as_deref(), Some(SIGN_INS))?;
    let (client_id, app_credential) = match (&console.client_id, &console.client_secret) {
        (Some(id), Some(secret)) => {
            (id.clone(), AppCredential::Secret(Arc::new(SettingSecret(secret.clone(), &TOKEN_ENDPOINT))))
        }
        _ => (settings.app.client_id.clone(), keyring.app_credential(settings, &http)?),
    };
    let (login, tenant) = (&settings.login.login_endpoint, &settings.app.tenant_id);
    let requirements =
        IdTokenSettings { metadata: tenant_metadata(settings), tenant: tenant.clone(), client_id: client_id.clone() };
    let verifier = IdTokenVerifier::new(requirements, http.clone(), keyring.clock.clone());
    let grant = AuthorizationCodeGrant::new(login, tenant, client_id, http, app_credential);
    Ok(Some(SignIn::new(grant.map_err(|error| error.to_string())?, verifier)))
}

/// Returns the state of the console. `operations` are those of the API. `public_url` is set when the service listens.
pub(super) fn state(
    sign_in: SignIn,
    (sessions, views): (Arc<dyn SessionStore>, Arc<dyn SavedViewStore>),
    engine: Engine,
    operations: Router,
    clock: Arc<dyn Clock>,
    public_url: PublicUrl,
) -> ConsoleState {
    let sessions = Sessions::new(sessions, clock.clone(), sign_in.client_id());
    ConsoleState { engine, api: operations, sessions, views, sign_in: Arc::new(sign_in), clock, public_url }
}

/// Sets the address for browsers: the one of the settings, or else that of the API's listener. Returns that of the
/// console.
pub(super) fn set_address(public_url: &PublicUrl, configured: Option<Url>, api: SocketAddr) -> Option<String> {
    if let Some(url) = configured.or_else(|| Url::parse(&format!("http://{api}/")).ok()) {
        public_url.set(url);
    }
    public_url.console()
}
