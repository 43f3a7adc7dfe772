//! Settings of the API: which callers are accepted.

use keyferry_http::setting::https_url_with_query;
use keyferry_settings::{Declaration, ErrorRecorded, Reader, SettingsGroup, parse, setting, settings};
use url::Url;

/// Component that authenticates callers.
#[derive(Clone, Debug)]
pub enum CallerSettings {
    /// The connector, by their access tokens.
    Tokens(CallerTokenSettings),
    /// The platform in front of the connector.
    Platform,
}

impl SettingsGroup for CallerSettings {
    fn declarations() -> Vec<Declaration> {
        [CallerTokenSettings::declarations(), CallerCheckSettings::declarations()].concat()
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, ErrorRecorded> {
        match CallerCheckSettings::read(reader)?.checked_by {
            CheckedBy::Platform => Ok(Self::Platform),
            CheckedBy::Keyferry => {
                let tokens =
                    reader.required_if("unless KEYFERRY_CALLERS_CHECKED_BY=platform", CallerTokenSettings::read);
                tokens.map(Self::Tokens)
            }
        }
    }

    fn status(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

settings! {
    /// Requirements on callers' tokens.
    #[derive(Clone, Debug)]
    pub struct CallerTokenSettings in "Callers" {
        /// Audiences (`aud`) accepted in callers' tokens. Required: with an empty list the service does not start.
        pub audiences: Vec<String> = setting("FIDO_Connector_Allowed_Audiences", parse::nonempty_list)
            .expected("a JSON array of strings")
            .example(r#"["api://fido-connector-api.contoso.onmicrosoft.com"]"#),

        /// Client ids of the applications that may call. Required: with an empty list the service does not start.
        pub client_apps: Vec<String> = setting("FIDO_Connector_Allowed_Client_Apps", parse::nonempty_list)
            .expected("a JSON array of client ids")
            .example(r#"["0c0ffee0-0000-4000-8000-000000000002"]"#),

        /// Application role that callers' tokens must contain.
        pub required_role: Option<String> = setting("KEYFERRY_REQUIRED_ROLE", parse::text)
            .expected("an application role")
            .example("Shipments.Create"),

        /// OpenID configuration of the issuer of callers' tokens. Default: that of the tenant at the login endpoint.
        pub metadata_url: Option<Url> = setting("KEYFERRY_TOKEN_METADATA_URL", https_url_with_query)
            .expected("an https URL")
            .example("https://login.microsoftonline.com/TENANT/v2.0/.well-known/openid-configuration"),

        /// Issuers accepted in addition to the tenant's own two.
        pub issuers: Vec<String> = setting("KEYFERRY_TOKEN_ISSUERS", parse::list)
            .when_unset(Vec::new)
            .expected("a JSON array of strings")
            .example(r#"["https://sts.chinacloudapi.cn/TENANT/"]"#),
    }
}

/// Treatment of members of a request body that the API does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownMembers {
    /// They are ignored.
    Ignore,
    /// They are ignored, but reported to caller and operator.
    Warn,
    /// The request is rejected.
    Reject,
}

settings! {
    /// Treatment of request bodies.
    #[derive(Clone, Debug)]
    pub struct BodySettings in "Callers" {
        /// Treatment of members of a request body that the API does not know, for example misspelt ones. `warn` accepts
        /// the request and reports them: in the log and the history of an order, and in the response's header
        /// `Keyferry-Warning`.
        pub unknown_members: UnknownMembers = setting("KEYFERRY_UNKNOWN_MEMBERS", |text| {
                use UnknownMembers::{Ignore, Reject, Warn};
                parse::choice(text, &[("ignore", Ignore), ("warn", Warn), ("reject", Reject)])
            })
            .default("warn")
            .expected("`ignore`, `warn` or `reject`")
            .example("reject"),
    }
}

settings! {
    /// Component that authenticates callers.
    #[derive(Clone, Debug)]
    struct CallerCheckSettings in "Callers" {
        /// Component that authenticates callers. `platform` disables the connector's own check.
        checked_by: CheckedBy = setting("KEYFERRY_CALLERS_CHECKED_BY", |text| {
                parse::choice(text, &[("keyferry", CheckedBy::Keyferry), ("platform", CheckedBy::Platform)])
            })
            .default("keyferry")
            .expected("`keyferry`, or `platform` if the platform in front authenticates every caller")
            .example("platform"),
    }
}

#[derive(Clone, Copy, Debug)]
enum CheckedBy {
    Keyferry,
    Platform,
}
