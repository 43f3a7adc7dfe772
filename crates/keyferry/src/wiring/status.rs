//! The effective settings, as the guide's `/v1/status` shows them: strings only, empty where one does not apply.

use keyferry_api::StatusReport;

use crate::config::{PinBy, Settings, StoreSettings};

pub(super) fn report(settings: &Settings) -> StatusReport {
    let entra = &settings.entra;
    let azure = match &settings.store {
        StoreSettings::Azure(azure) => Some(azure),
        StoreSettings::Embedded { .. } => None,
    };
    let delivery = &settings.delivery;
    StatusReport {
        azure_tables_endpoint: azure.map(|azure| azure.tables.to_string()).unwrap_or_default(),
        azure_tables_shipments_table_name: azure.map_or("fprshipments", |azure| &azure.table).to_owned(),
        azure_key_vault_endpoint: azure.map(|azure| azure.vault.to_string()).unwrap_or_default(),
        azure_tenant_id: entra.tenant_id.clone(),
        cron_process_shipment_schedule: settings.process_schedule.to_string(),
        cron_data_cleanup_schedule: settings.cleanup_schedule.to_string(),
        cron_data_cleanup_completed_days: settings.cleanup_completed_days.to_string(),
        email_api_send_endpoint: pin_endpoint(&settings.pin_by),
        entra_fido_api_client_id: entra.client_id.clone(),
        entra_fido_api_version: entra.api_version.clone(),
        entra_fido_api_challenge_timeout_minutes: (settings.flow.challenge_lifetime.as_secs() / 60).to_string(),
        fido_connector_version: env!("CARGO_PKG_VERSION").to_owned(),
        logging_level_com_yubico: settings.log_level.to_owned(),
        ye_api_base_url: delivery.base_url.to_string(),
        ye_jwks_sign_endpoint: delivery.jwks_sign.to_string(),
        ye_jwks_transport_endpoint: delivery.jwks_transport.to_string(),
        // Added as the page is asked for.
        keyferry_credentials_ending_soon: String::new(),
    }
}

/// The Logic App's URL without its query, which is a secret.
fn pin_endpoint(pin_by: &PinBy) -> String {
    match pin_by {
        PinBy::LogicApp { url } => url.without_query(),
        PinBy::Smtp { .. } | PinBy::Graph { .. } => String::new(),
    }
}
