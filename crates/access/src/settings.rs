//! Settings: which callers are accepted, and what they may do.

use keyferry_http::setting::https_url_with_query;
use keyferry_settings::{Declaration, ErrorRecorded, Reader, SettingsGroup, parse, setting, settings};
use url::Url;

use crate::principal::{DelegatedRights, RolesMode};

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

settings! {
    /// Source of callers' rights.
    #[derive(Clone, Debug)]
    pub struct RoleSettings in "Callers" {
        /// Source of callers' rights. `drop-in`: every allowed application may use the guide's operations and read all
        /// shipments, as with the vendor's connector; [roles](api.md#roles) in its token permit more. `enforced`: only
        /// the roles in a token permit anything.
        pub roles: RolesMode = setting("KEYFERRY_ROLES", |text| {
                parse::choice(text, &[("drop-in", RolesMode::DropIn), ("enforced", RolesMode::Enforced)])
            })
            .default("drop-in")
            .expected("`enforced` or `drop-in`")
            .example("enforced"),

        /// Source of rights in delegated tokens. `scopes`: each user of an allowed application has the scopes that the
        /// application got. `scopes-and-roles`: the user needs the [app role](api.md#roles) of the same name as well.
        pub delegated: DelegatedRights = setting("KEYFERRY_DELEGATED_RIGHTS", |text| {
                parse::choice(text, &[
                    ("scopes", DelegatedRights::Scopes),
                    ("scopes-and-roles", DelegatedRights::ScopesAndRoles),
                ])
            })
            .default("scopes")
            .expected("`scopes` or `scopes-and-roles`")
            .example("scopes-and-roles"),
    }
}
