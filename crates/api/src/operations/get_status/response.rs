//! Response body: the effective settings.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Effective settings: the sixteen fields of the guide (section 10.1), all strings. Settings that do not apply are
/// empty strings. Contains no secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct StatusReport {
    /// Endpoint of the table storage.
    pub azure_tables_endpoint: String,
    /// Name of the table that stores shipments.
    #[schema(example = "fprshipments")]
    pub azure_tables_shipments_table_name: String,
    /// Endpoint of Azure Key Vault.
    pub azure_key_vault_endpoint: String,
    /// Tenant id.
    pub azure_tenant_id: String,
    /// Cron schedule on which shipments are processed.
    #[schema(example = "0 0 * * * *")]
    pub cron_process_shipment_schedule: String,
    /// Cron schedule on which complete shipments are cleaned up.
    #[schema(example = "0 30 * * * *")]
    pub cron_data_cleanup_schedule: String,
    /// Days after which complete shipments are cleaned up.
    #[schema(example = "0")]
    pub cron_data_cleanup_completed_days: String,
    /// Endpoint of the PIN delivery. Its query string is always removed, because it may contain a signature.
    pub email_api_send_endpoint: String,
    /// Client id of the connector's app registration.
    pub entra_fido_api_client_id: String,
    /// Version of the Microsoft Graph API.
    #[schema(example = "beta")]
    pub entra_fido_api_version: String,
    /// Lifetime of challenges, in minutes.
    #[schema(example = "20160")]
    pub entra_fido_api_challenge_timeout_minutes: String,
    /// Version of the connector.
    pub fido_connector_version: String,
    /// Log level.
    #[schema(example = "INFO")]
    pub logging_level_com_yubico: String,
    /// Base URL of the delivery service.
    pub ye_api_base_url: String,
    /// URL of the delivery service's signing keys.
    pub ye_jwks_sign_endpoint: String,
    /// URL of the delivery service's transport keys.
    pub ye_jwks_transport_endpoint: String,
    /// App credentials of the connector that expire within 30 days, with their expiry. Absent if there are none. This
    /// field is an addition to the guide.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false, example = "YED-API-TOKEN until 2027-01-31T12:00:00Z")]
    pub keyferry_credentials_ending_soon: String,
}

impl StatusReport {
    /// Removes the parts that callers must not see: the query of the PIN delivery's endpoint.
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
    fn has_the_fields_of_the_guide_in_its_order() {
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
