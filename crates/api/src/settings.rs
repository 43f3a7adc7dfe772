//! Settings of the API: which callers are let in.

use keyferry_http::setting::https_url_with_query;
use keyferry_settings::{Declaration, Noted, Reader, SettingsGroup, parse, setting, settings};
use url::Url;

/// Who checks callers.
#[derive(Clone, Debug)]
pub enum CallerSettings {
    /// The connector does, by their tokens.
    Tokens(CallerTokenSettings),
    /// The platform in front does.
    Platform,
}

impl SettingsGroup for CallerSettings {
    fn declarations() -> Vec<Declaration> {
        [CallerTokenSettings::declarations(), CallerCheckSettings::declarations()].concat()
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Noted> {
        match CallerCheckSettings::read(reader)?.checked_by {
            CheckedBy::Platform => Ok(Self::Platform),
            CheckedBy::Keyferry => {
                let tokens = reader.because("(or KEYFERRY_CALLERS_CHECKED_BY=platform)", CallerTokenSettings::read);
                tokens.map(Self::Tokens)
            }
        }
    }

    fn status(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

settings! {
    /// What a caller's token must be.
    #[derive(Clone, Debug)]
    pub struct CallerTokenSettings in "Who may call" {
        /// Audiences that a caller's token may be for. Without a list the service does not start.
        pub audiences: Vec<String> = setting("FIDO_Connector_Allowed_Audiences", parse::nonempty_list)
            .expected("a JSON array of strings")
            .example(r#"["api://fido-connector-api.contoso.onmicrosoft.com"]"#),

        /// Applications that may call. Without a list the service does not start.
        pub client_apps: Vec<String> = setting("FIDO_Connector_Allowed_Client_Apps", parse::nonempty_list)
            .expected("a JSON array of client ids")
            .example(r#"["0c0ffee0-0000-4000-8000-000000000002"]"#),

        /// A role that a caller's token must carry.
        pub required_role: Option<String> = setting("KEYFERRY_REQUIRED_ROLE", parse::text)
            .expected("an application role")
            .example("Shipments.Create"),

        /// OpenID configuration of whoever issues callers' tokens. Made from the login endpoint and the tenant when not set.
        pub metadata_url: Option<Url> = setting("KEYFERRY_TOKEN_METADATA_URL", https_url_with_query)
            .expected("an https URL")
            .example("https://login.microsoftonline.com/TENANT/v2.0/.well-known/openid-configuration"),

        /// Issuers accepted beside the tenant's own two.
        pub issuers: Vec<String> = setting("KEYFERRY_TOKEN_ISSUERS", parse::list)
            .when_unset(Vec::new)
            .expected("a JSON array of strings")
            .example(r#"["https://sts.chinacloudapi.cn/TENANT/"]"#),
    }
}

settings! {
    /// Whether callers are checked here.
    #[derive(Clone, Debug)]
    struct CallerCheckSettings in "Who may call" {
        /// Who checks callers. `platform` switches the connector's own check off.
        checked_by: CheckedBy = setting("KEYFERRY_CALLERS_CHECKED_BY", |text| {
                parse::choice(text, &[("keyferry", CheckedBy::Keyferry), ("platform", CheckedBy::Platform)])
            })
            .default("keyferry")
            .expected("`keyferry`, or `platform` when whatever stands in front checks every caller")
            .example("platform"),
    }
}

#[derive(Clone, Copy, Debug)]
enum CheckedBy {
    Keyferry,
    Platform,
}
