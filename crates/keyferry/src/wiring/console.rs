//! The operator's console, and the pages for people.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use keyferry_access::{IdTokenSettings, IdTokenVerifier, PlatformSignIn, SignIn};
use keyferry_azure_identity::failures::FAILURES as TOKEN_ENDPOINT;
use keyferry_azure_identity::settings::LoginSettings;
use keyferry_azure_identity::{AppCredential, AuthorizationCodeGrant};
use keyferry_console::SignInBy;
use keyferry_http::Pacing;
use keyferry_pages::PublicUrl;
use url::{Host, Url};

use super::identity::tenant_metadata;
use super::outside::{SecretSources, SettingSecret, client};
use crate::config::Settings;

/// Pace of sign-ins: anyone who reaches the console can begin one. Far above what the operators of a tenant need.
const SIGN_INS: Pacing =
    Pacing { requests: 100, per: Duration::from_secs(10), longest_wait: Some(Duration::from_secs(5)) };

/// How users sign in.
pub(super) struct ConsoleSignIn {
    pub(super) own: Arc<SignIn>,
    /// Used instead, if it is there.
    pub(super) platform: Option<Arc<PlatformSignIn>>,
}

/// Returns the sign-in of the console and of the pages for people, or `None` if both are off.
pub(super) fn sign_in(settings: &Settings, keyring: SecretSources<'_>) -> Result<Option<ConsoleSignIn>, String> {
    let console = &settings.console;
    if !console.enabled && !settings.portal.enabled {
        return Ok(None);
    }
    let http = client(settings.outgoing.extra_ca.as_deref(), Some(SIGN_INS))?;
    let client_id = console.client_id.clone().unwrap_or_else(|| settings.app.client_id.clone());
    let app_credential = match &console.client_secret {
        Some(secret) => AppCredential::Secret(Arc::new(SettingSecret(secret.clone(), &TOKEN_ENDPOINT))),
        None => keyring.app_credential(settings, &http)?,
    };
    let (login, tenant) = (&settings.login.login_endpoint, &settings.app.tenant_id);
    let verifier = || {
        let (metadata, tenant) = (tenant_metadata(settings), tenant.clone());
        let requirements = IdTokenSettings { metadata, tenant, client_id: client_id.clone() };
        IdTokenVerifier::new(requirements, http.clone(), keyring.clock.clone())
    };
    let is_by_platform = console.sign_in == SignInBy::Platform;
    let platform = is_by_platform.then(|| Arc::new(PlatformSignIn::new(verifier())));
    let verifier = verifier();
    let grant = AuthorizationCodeGrant::new(login, tenant, client_id, http, app_credential);
    let own = Arc::new(SignIn::new(grant.map_err(|error| error.to_string())?, verifier));
    Ok(Some(ConsoleSignIn { own, platform }))
}

/// Returns the version of the program, and for what it was built.
pub(super) fn version() -> String {
    let optimised = if env!("KEYFERRY_OPT_LEVEL") == "0" { ", not optimised" } else { "" };
    format!("{} ({} {}{optimised})", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH)
}

/// Returns whether the identity provider is a stand-in on this machine, as in the demo.
pub(super) fn is_sandbox(login: &LoginSettings) -> bool {
    match login.login_endpoint.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Sets the address for browsers: the one of the settings, or else that of the API's listener. Returns that of the
/// console.
pub(super) fn set_address(public_url: &PublicUrl, configured: Option<Url>, api: SocketAddr) -> Option<String> {
    if let Some(url) = configured.or_else(|| Url::parse(&format!("http://{api}/")).ok()) {
        public_url.set(url);
    }
    public_url.page("/console")
}
