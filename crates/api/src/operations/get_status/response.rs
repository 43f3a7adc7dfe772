//! The effective settings.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The guide's sixteen fields (section 10.1), all texts. What does not apply is empty. No secret belongs here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct StatusReport {
    /// Endpoint of the table storage.
    pub azure_tables_endpoint: String,
    /// Name of the shipments table.
    #[schema(example = "fprshipments")]
    pub azure_tables_shipments_table_name: String,
    /// Endpoint of the key vault.
    pub azure_key_vault_endpoint: String,
    /// The tenant.
    pub azure_tenant_id: String,
    /// When shipments are processed.
    #[schema(example = "0 0 * * * *")]
    pub cron_process_shipment_schedule: String,
    /// When complete shipments are cleaned up.
    #[schema(example = "0 30 * * * *")]
    pub cron_data_cleanup_schedule: String,
    /// After how many days.
    #[schema(example = "0")]
    pub cron_data_cleanup_completed_days: String,
    /// Where PINs are handed over. The query string, which may hold a signature, is always cut.
    pub email_api_send_endpoint: String,
    /// The connector's application.
    pub entra_fido_api_client_id: String,
    /// Version of Microsoft Graph.
    #[schema(example = "beta")]
    pub entra_fido_api_version: String,
    /// How long a challenge lives.
    #[schema(example = "20160")]
    pub entra_fido_api_challenge_timeout_minutes: String,
    /// Version of this software.
    pub fido_connector_version: String,
    /// How much is logged.
    #[schema(example = "INFO")]
    pub logging_level_com_yubico: String,
    /// Base URL of the delivery service.
    pub ye_api_base_url: String,
    /// Where its signing keys are.
    pub ye_jwks_sign_endpoint: String,
    /// Where its transport keys are.
    pub ye_jwks_transport_endpoint: String,
    /// Not of the guide, and there only when it applies: credentials of the connector that end within 30 days, and when.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false, example = "YED-API-TOKEN until 2027-01-31T12:00:00Z")]
    pub keyferry_credentials_ending_soon: String,
}

impl StatusReport {
    /// The same, as far as everybody with a token may see it.
    pub(crate) fn public(mut self) -> Self {
        if let Some(end) = self.email_api_send_endpoint.find(['?', '#']) {
            self.email_api_send_endpoint.truncate(end);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_the_guides_in_its_order() {
        let json = serde_json::to_string(&StatusReport::default()).unwrap();
        let names: Vec<&str> = json.split('"').filter(|part| part.contains('_')).collect();
        assert_eq!(
            names,
            [
                "AZURE_TABLES_ENDPOINT",
                "AZURE_TABLES_SHIPMENTS_TABLE_NAME",
                "AZURE_KEY_VAULT_ENDPOINT",
                "AZURE_TENANT_ID",
                "CRON_PROCESS_SHIPMENT_SCHEDULE",
                "CRON_DATA_CLEANUP_SCHEDULE",
                "CRON_DATA_CLEANUP_COMPLETED_DAYS",
                "EMAIL_API_SEND_ENDPOINT",
                "ENTRA_FIDO_API_CLIENT_ID",
                "ENTRA_FIDO_API_VERSION",
                "ENTRA_FIDO_API_CHALLENGE_TIMEOUT_MINUTES",
                "FIDO_CONNECTOR_VERSION",
                "LOGGING_LEVEL_COM_YUBICO",
                "YE_API_BASE_URL",
                "YE_JWKS_SIGN_ENDPOINT",
                "YE_JWKS_TRANSPORT_ENDPOINT",
            ]
        );
    }
}
