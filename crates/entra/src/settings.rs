//! Settings of Graph.

use std::time::Duration;

use keyferry_http::setting::https_url;
use keyferry_settings::{Invalid, Setting, SettingsGroup as _, parse, setting, settings};
use url::Url;

settings! {
    /// How Graph is called.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct EntraSettings in "Microsoft Entra ID and Graph" {
        /// Such as `https://graph.microsoft.com`.
        pub graph_endpoint: Url = graph_endpoint(),

        /// Graph version for creation options and methods.
        pub api_version: String = setting("ENTRA_FIDO_API_VERSION", api_version)
            .default("beta")
            .expected("`beta` (`v1.0` cannot work: its challenge lives for five minutes)")
            .example("beta")
            .status(),

        /// How long the challenge may live: from the order until the key is registered. 20160 is 14 days.
        pub challenge_timeout: Duration = setting("ENTRA_FIDO_API_CHALLENGE_TIMEOUT_MINUTES", |text| {
                parse::number(text, 5, 43_200).map(|minutes: u64| Duration::from_secs(minutes * 60))
            })
            .default("20160")
            .expected("whole minutes, 5 to 43200")
            .example("20160")
            .status_as("ENTRA_FIDO_API_CHALLENGE_TIMEOUT_MINUTES", |timeout| (timeout.as_secs() / 60).to_string()),

        /// How the challenge's lifetime is passed: `creationOptions(challengeTimeoutInMinutes=n)` or
        /// `creationOptions?challengeTimeoutInMinutes=n`. Both have been seen to work; only the first is documented.
        pub creation_options_form: CreationOptionsForm = setting("KEYFERRY_CREATION_OPTIONS_FORM", |text| {
                let forms = [("function", CreationOptionsForm::Function), ("query", CreationOptionsForm::Query)];
                parse::choice(text, &forms)
            })
            .default("function")
            .expected("`function` or `query`")
            .example("query"),

        /// Pace of calls to Graph. 5 is the documented limit that may apply to authentication methods.
        pub requests_per_10_seconds: u32 = setting("KEYFERRY_GRAPH_REQUESTS_PER_10_SECONDS", |text| {
                parse::number(text, 0, 100_000)
            })
            .default("5")
            .expected("a whole number; 0 for no limit")
            .example("5"),
    }
}

settings! {
    /// Where Graph is, for tools that need nothing else of [`EntraSettings`].
    #[derive(Clone, Debug)]
    pub struct GraphEndpointSettings in "Microsoft Entra ID and Graph" {
        /// Such as `https://graph.microsoft.com`.
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
        .meaning("Graph's host; the one to change for national clouds.")
}

/// v1.0 gives every challenge five minutes and no more.
fn api_version(text: &str) -> Result<String, Invalid> {
    match text {
        "beta" => Ok(text.to_owned()),
        "v1.0" => Err("its challenge lives for five minutes, and no parcel is that fast".into()),
        _ => Err("there is no such version".into()),
    }
}

impl EntraSettings {
    /// The defaults at this endpoint.
    #[expect(clippy::expect_used, reason = "every setting has a default that its own parser takes")]
    pub fn new(graph_endpoint: Url) -> Self {
        Self { graph_endpoint, ..Self::defaults().expect("defaults") }
    }
}

/// The two ways to pass the challenge's lifetime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreationOptionsForm {
    /// `creationOptions(challengeTimeoutInMinutes=N)`, as documented.
    #[default]
    Function,
    /// `creationOptions?challengeTimeoutInMinutes=N`, undocumented but seen working.
    Query,
}
