//! Declarations of all settings, collected from the crates that declare them.

use std::sync::LazyLock;

use keyferry_access::{CallerSettings, LimitSettings, RoleSettings};
use keyferry_api::BodySettings;
use keyferry_azure_identity::settings::{
    AppCredentialKindSettings, AppRegistrationSettings, ClientCertificateSettings, ClientSecretSettings, LoginSettings,
    ManagedIdentitySettings, TokenExchangeSettings, WorkloadIdentitySettings,
};
use keyferry_console::ConsoleSettings;
use keyferry_engine::EngineSettings;
use keyferry_entra::EntraSettings;
use keyferry_journal::JournalSettings;
use keyferry_mail::PinDeliverySettings;
use keyferry_portal::PortalSettings;
use keyferry_server::ConnectionSettings;
use keyferry_settings::{Declaration, SettingsGroup as _};
use keyferry_store_azure::AzureStoreSettings;
use keyferry_store_sqlite::DataDirectorySettings;
use keyferry_webhooks::WebhookSettings;
use keyferry_yubico::{ApiTokenSettings, ProductSettings, YubicoSettings};

use super::service::{ListenSettings, LogSettings, OutgoingSettings, StrictSettings, TrustAnchorSettings};

/// All settings, each once, in the order of the reference page.
static ALL: LazyLock<Vec<Declaration>> = LazyLock::new(|| {
    [
        AppRegistrationSettings::declarations(),
        ClientSecretSettings::declarations(),
        AppCredentialKindSettings::declarations(),
        ClientCertificateSettings::declarations(),
        WorkloadIdentitySettings::declarations(),
        TokenExchangeSettings::declarations(),
        LoginSettings::declarations(),
        EntraSettings::declarations(),
        YubicoSettings::declarations(),
        ApiTokenSettings::declarations(),
        CallerSettings::declarations(),
        RoleSettings::declarations(),
        LimitSettings::declarations(),
        BodySettings::declarations(),
        ConsoleSettings::declarations(),
        PortalSettings::declarations(),
        PinDeliverySettings::declarations(),
        EngineSettings::declarations(),
        WebhookSettings::declarations(),
        TrustAnchorSettings::declarations(),
        ProductSettings::declarations(),
        ListenSettings::declarations(),
        ConnectionSettings::declarations(),
        DataDirectorySettings::declarations(),
        JournalSettings::declarations(),
        OutgoingSettings::declarations(),
        StrictSettings::declarations(),
        LogSettings::declarations(),
        AzureStoreSettings::declarations(),
        ManagedIdentitySettings::declarations(),
    ]
    .concat()
});

/// Returns all settings.
pub(super) fn all() -> &'static [Declaration] {
    &ALL
}

/// Returns the setting with this name or alias, case-insensitively.
pub(super) fn find(name: &str) -> Option<&'static Declaration> {
    ALL.iter().find(|declaration| declaration.matches_name(name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let names = all().iter().flat_map(|found| [found.name].into_iter().chain(found.aliases.iter().copied()));
        let names: Vec<_> = names.map(str::to_uppercase).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    }

    #[test]
    fn every_setting_is_documented() {
        for found in all() {
            let texts = [found.section, found.meaning, found.expected];
            assert!(!texts.contains(&"") && found.expected != "a value", "{found:?}");
            assert!(!found.meaning.contains(['|', '\n']), "the page is a table: {found:?}");
        }
    }
}
