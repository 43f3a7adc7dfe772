//! The effective settings, as the guide's `/v1/status` shows them: strings only, empty where one does not apply.

use url::Url;
use zeroize::Zeroizing;

use crate::config::{PinBy, Settings};

pub(super) fn report(settings: &Settings) -> Vec<(&'static str, String)> {
    let entra = &settings.entra;
    let delivery = &settings.delivery;
    vec![
        ("AZURE_TABLES_ENDPOINT", String::new()),
        ("AZURE_TABLES_SHIPMENTS_TABLE_NAME", "fprshipments".to_owned()),
        ("AZURE_KEY_VAULT_ENDPOINT", String::new()),
        ("AZURE_TENANT_ID", entra.tenant_id.clone()),
        ("CRON_PROCESS_SHIPMENT_SCHEDULE", settings.process_schedule.to_string()),
        ("CRON_DATA_CLEANUP_SCHEDULE", settings.cleanup_schedule.to_string()),
        ("CRON_DATA_CLEANUP_COMPLETED_DAYS", settings.cleanup_completed_days.to_string()),
        ("EMAIL_API_SEND_ENDPOINT", pin_endpoint(&settings.pin_by)),
        ("ENTRA_FIDO_API_CLIENT_ID", entra.client_id.clone()),
        ("ENTRA_FIDO_API_VERSION", entra.api_version.clone()),
        ("ENTRA_FIDO_API_CHALLENGE_TIMEOUT_MINUTES", (settings.flow.challenge_lifetime.as_secs() / 60).to_string()),
        ("FIDO_CONNECTOR_VERSION", env!("CARGO_PKG_VERSION").to_owned()),
        ("LOGGING_LEVEL_COM_YUBICO", settings.log_level.to_owned()),
        ("YE_API_BASE_URL", delivery.base_url.to_string()),
        ("YE_JWKS_SIGN_ENDPOINT", delivery.jwks_sign.to_string()),
        ("YE_JWKS_TRANSPORT_ENDPOINT", delivery.jwks_transport.to_string()),
    ]
}

/// The Logic App's URL without its query, which is a secret.
fn pin_endpoint(pin_by: &PinBy) -> String {
    let PinBy::LogicApp { url } = pin_by else { return String::new() };
    let Ok(value) = url.read() else { return String::new() };
    let text = Zeroizing::new(String::from_utf8_lossy(value.expose()).into_owned());
    let Ok(mut url) = Url::parse(&text) else { return String::new() };
    url.set_query(None);
    url.set_fragment(None);
    // Only URLs that cannot have a user refuse this, and those have none.
    drop((url.set_username(""), url.set_password(None)));
    url.to_string()
}
