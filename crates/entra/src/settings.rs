//! Settings of Microsoft Graph.

use std::time::Duration;

use keyferry_http::setting::https_url;
use keyferry_settings::{Invalid, Setting, SettingsGroup as _, parse, setting, settings};
use url::Url;

settings! {
    /// Settings of calls to Graph.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct EntraSettings in "Microsoft Entra ID and Graph" {
        /// Endpoint of Graph, for example `https://graph.microsoft.com`.
        pub graph_endpoint: Url = graph_endpoint(),

        /// Graph version of the calls for creation options and authentication methods.
        pub api_version: String = setting("ENTRA_FIDO_API_VERSION", api_version)
            .default("beta")
            .expected("`beta` (`v1.0` does not work: its challenges expire after five minutes)")
            .example("beta")
            .status(),

        /// Lifetime of the challenge in minutes. The key must be registered within this time after the order. 20160 is
        /// 14 days.
        pub challenge_timeout: Duration = setting("ENTRA_FIDO_API_CHALLENGE_TIMEOUT_MINUTES", |text| {
                parse::number(text, 5, 43_200).map(|minutes: u64| Duration::from_secs(minutes * 60))
            })
            .default("20160")
            .expected("a whole number of minutes, 5 to 43200")
            .example("20160")
            .status_as("ENTRA_FIDO_API_CHALLENGE_TIMEOUT_MINUTES", |timeout| (timeout.as_secs() / 60).to_string()),

        /// Form of the parameter for the challenge's lifetime. `function`:
        /// `creationOptions(challengeTimeoutInMinutes=n)`. `query`: `creationOptions?challengeTimeoutInMinutes=n`. Both
        /// were observed to work; only the first is documented.
        pub creation_options_form: CreationOptionsForm = setting("KEYFERRY_CREATION_OPTIONS_FORM", |text| {
                let forms = [("function", CreationOptionsForm::Function), ("query", CreationOptionsForm::Query)];
                parse::choice(text, &forms)
            })
            .default("function")
            .expected("`function` or `query`")
            .example("query"),

        /// Rate limit of calls to Graph, per 10 seconds. 5 is the documented limit that may apply to authentication
        /// methods.
        pub requests_per_10_seconds: u32 = setting("KEYFERRY_GRAPH_REQUESTS_PER_10_SECONDS", |text| {
                parse::number(text, 0, 100_000)
            })
            .default("5")
            .expected("a whole number; 0 for no limit")
            .example("5"),

        /// Number of passkeys that a user can have. Keyferry orders no key for a user who has as many. Microsoft does
        /// not document the limit; 10 is what administrators report.
        pub passkeys_per_user: usize = setting("KEYFERRY_PASSKEYS_PER_USER", |text| parse::number(text, 0, 1_000))
            .default("10")
            .expected("a whole number, 0 to 1000; 0 for no check")
            .example("10"),
    }
}

settings! {
    /// Endpoint of Graph, for tools that need no other member of [`EntraSettings`].
    #[derive(Clone, Debug)]
    pub struct GraphEndpointSettings in "Microsoft Entra ID and Graph" {
        /// Endpoint of Graph, for example `https://graph.microsoft.com`.
        pub graph_endpoint: Url = graph_endpoint(),
    }
}

fn graph_endpoint() -> Setting<Url> {
    setting("MS_Graph_Endpoint", https_url)
        .default("https://graph.microsoft.com")
        .default_by(
            "KEYFERRY_CLOUD",
            &[
                ("us-gov", "https://graph.microsoft.us"),
                ("us-gov-dod", "https://dod-graph.microsoft.us"),
                ("china", "https://microsoftgraph.chinacloudapi.cn"),
            ],
        )
        .expected("an https URL")
        .example("https://graph.microsoft.us")
        .meaning("Endpoint of Microsoft Graph. Change it for national clouds.")
}

/// Rejects v1.0, whose challenges always expire after five minutes.
fn api_version(text: &str) -> Result<String, Invalid> {
    match text {
        "beta" => Ok(text.to_owned()),
        "v1.0" => Err("its challenges expire after five minutes, before a parcel can arrive".into()),
        _ => Err("unknown version".into()),
    }
}

impl EntraSettings {
    /// Returns the default settings with this endpoint.
    #[expect(clippy::expect_used, reason = "every setting has a default that its own parser accepts")]
    pub fn new(graph_endpoint: Url) -> Self {
        Self { graph_endpoint, ..Self::defaults().expect("defaults") }
    }
}

/// Form of the parameter for the challenge's lifetime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreationOptionsForm {
    /// `creationOptions(challengeTimeoutInMinutes=N)`, as documented.
    #[default]
    Function,
    /// `creationOptions?challengeTimeoutInMinutes=N`, not documented, but observed to work.
    Query,
}
