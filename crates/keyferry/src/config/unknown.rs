//! Environment variables that are probably misspelt settings.

use std::fmt;

use keyferry_settings::nearest;

use super::declarations::all;

/// Prefixes of settings that other programs, SDKs and platforms use for their own variables. Such a variable is
/// reported only if its name resembles a setting's.
const SHARED_PREFIXES: [&str; 2] = ["AZURE_", "CONTAINER_"];

/// Longest name that is shown, in characters.
const LONGEST: usize = 100;

/// Name of an environment variable that is probably a misspelt setting. Its value is not kept: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UnknownName {
    /// The name, without control characters and truncated.
    pub(crate) name: String,
    /// The setting that was probably meant.
    pub(crate) meant: Option<String>,
}

impl UnknownName {
    /// Returns the unknown name, for an error about it.
    pub(super) fn of(name: &str) -> Self {
        let names: Vec<_> = all().iter().flat_map(accepted).collect();
        let meant = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
        let name = keyferry_http::clean(&name.chars().take(LONGEST).collect::<String>());
        Self { name, meant }
    }

    /// Returns the unknown name if it resembles a setting's, or begins like a setting's and no other program uses the
    /// prefix.
    pub(super) fn suspected(name: &str) -> Option<Self> {
        let upper = name.to_uppercase();
        let ours = all()
            .iter()
            .flat_map(|setting| [setting.name].into_iter().chain(setting.aliases.iter().copied()))
            .filter_map(|known| known.split_once('_'))
            .map(|(prefix, _)| format!("{}_", prefix.to_uppercase()))
            .any(|prefix| upper.starts_with(&prefix) && !SHARED_PREFIXES.contains(&prefix.as_str()));
        Some(Self::of(name)).filter(|unknown| ours || unknown.meant.is_some())
    }

    /// Returns the question for the setting that was meant, with a leading space. Empty if none is similar.
    pub(super) fn question(&self) -> String {
        self.meant.as_ref().map(|meant| format!(" (did you mean {meant}?)")).unwrap_or_default()
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "environment variable {} is not a setting{}", self.name, self.question())
    }
}

/// Returns all names under which a setting is accepted.
fn accepted(setting: &keyferry_settings::Declaration) -> Vec<String> {
    let file = setting.secret.then(|| format!("{}_FILE", setting.name));
    let names = [setting.name].into_iter().chain(setting.aliases.iter().copied()).map(str::to_owned);
    names.chain(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(name: &str) -> Option<String> {
        UnknownName::suspected(name).and_then(|unknown| unknown.meant)
    }

    #[test]
    fn suggests_the_setting_for_a_misspelt_name() {
        for (name, setting) in [
            ("CRON_PROCESS_SHIPMENTS_SCHEDULE", "CRON_PROCESS_SHIPMENT_SCHEDULE"),
            ("cron_process_shipments_schedule", "CRON_PROCESS_SHIPMENT_SCHEDULE"),
            ("CORN_DATA_CLEANUP_SCHEDULE", "CRON_DATA_CLEANUP_SCHEDULE"),
            ("AZURE_TENANTID", "AZURE_TENANT_ID"),
            ("YED_API_TOKEN_FIEL", "YED_API_TOKEN_FILE"),
            ("EMAIL_API_SEND_ENDPIONT", "EMAIL_API_SEND_ENDPOINT"),
            ("FIDO_Connector_Allowed_Audience", "FIDO_Connector_Allowed_Audiences"),
        ] {
            assert_eq!(meant(name).as_deref(), Some(setting), "{name}");
        }
    }

    #[test]
    fn reports_name_with_a_settings_prefix_without_suggestion() {
        for name in ["CRON_SCHEDULE", "ENTRA_SECRET", "YED_TOKEN", "YE_URL", "MS_Graph"] {
            let unknown = UnknownName::suspected(name).unwrap();
            assert_eq!((unknown.name.as_str(), unknown.meant), (name, None));
        }
    }

    #[test]
    fn does_not_report_names_that_others_set() {
        for name in [
            "PATH",
            "AZURE_AUTHORITY_HOST",
            "AZURE_CLIENT_SECRET",
            "AZURE_CONFIG_DIR",
            "AZURE_SUBSCRIPTION_ID",
            "CONTAINER_APP_HOSTNAME",
            "CONTAINER_APP_REVISION",
            "CONTAINER_APP_REPLICA_NAME",
            "CONTAINER_APP_PORT",
            "IDENTITY_ENDPOINT",
            "IDENTITY_HEADER",
            "MSI_ENDPOINT",
            "MSI_SECRET",
            "WEBSITE_SITE_NAME",
            "KUBERNETES_SERVICE_HOST",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "HTTPS_PROXY",
        ] {
            assert_eq!(UnknownName::suspected(name), None, "{name}");
        }
    }

    #[test]
    fn shows_no_control_characters_and_not_more_than_a_line() {
        let shown = UnknownName::suspected(&format!("CRON_\n\u{1b}[31m{}", "X".repeat(10_000))).unwrap().to_string();
        assert!(!shown.chars().any(char::is_control) && shown.len() < 200, "{shown:?}");
    }
}
