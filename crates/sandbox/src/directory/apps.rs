//! App registrations.

use uuid::Uuid;

/// App ID URI of the connector's own API.
pub(crate) const CONNECTOR_URI: &str = "api://fido-connector-api.contoso.onmicrosoft.com";

/// An app registration with its service principal. `Debug` shows the secret's name only.
#[derive(Clone)]
pub(crate) struct App {
    /// Client id.
    pub(crate) id: Uuid,
    /// Object id of the service principal: `oid` and `sub` of its tokens.
    pub(crate) service_principal: Uuid,
    pub(crate) display_name: &'static str,
    pub(crate) secret: String,
    pub(crate) secret_expired: bool,
    pub(crate) enabled: bool,
    pub(crate) app_id_uri: Option<String>,
    /// Application permissions on Graph that were consented to.
    pub(crate) graph_roles: Vec<String>,
    /// Application roles on the connector's API.
    pub(crate) api_roles: Vec<String>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("id", &self.id).field("display_name", &self.display_name).finish_non_exhaustive()
    }
}

pub(super) fn fixed() -> Vec<App> {
    let row = |number: u128, display_name, secret: &str, roles: &[&str]| App {
        id: Uuid::from_u128(0x0c0f_fee0_0000_4000_8000_0000_0000_0000 | number),
        service_principal: Uuid::from_u128(0x5e00_0000_0000_4000_8000_0000_0000_0000 | number),
        display_name,
        secret: secret.to_owned(),
        secret_expired: false,
        enabled: true,
        app_id_uri: None,
        graph_roles: roles.iter().copied().map(str::to_owned).collect(),
        api_roles: Vec::new(),
    };
    const PASSKEYS: &str = "UserAuthMethod-Passkey.ReadWrite.All";
    vec![
        App {
            app_id_uri: Some(CONNECTOR_URI.to_owned()),
            ..row(1, "FIDO connector", "sandbox-connector-secret", &[PASSKEYS, "User.Read.All", "Mail.Send"])
        },
        row(2, "Test client", "sandbox-test-client-secret", &[]),
        row(3, "Client that is not allowed", "sandbox-other-client-secret", &[]),
        row(4, "FIDO connector, the guide's permissions only", "sandbox-guide-connector-secret", &[PASSKEYS]),
        row(5, "Auditor", "sandbox-auditor-secret", &["AuditLog.Read.All", "UserAuthenticationMethod.ReadWrite.All"]),
    ]
}
