//! App registrations.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use uuid::Uuid;

/// App ID URI of the connector's own API.
pub(crate) const CONNECTOR_URI: &str = "api://fido-connector-api.contoso.onmicrosoft.com";

/// Certificate that an app can sign assertions with.
#[derive(Clone)]
pub(crate) struct Certificate {
    /// SHA-256 of its DER, base64url without padding: `x5t#S256` of RFC 7515.
    pub(crate) thumbprint: String,
    /// RSAPublicKey, RFC 8017.
    pub(crate) public_key: Vec<u8>,
}

/// Federated identity credential: tokens of this issuer and subject authenticate the app.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Federated {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) audience: String,
    /// JWK set of the issuer, as in its metadata. `None` for this tenant's own keys.
    #[serde(default)]
    pub(crate) jwks: Option<serde_json::Value>,
}

/// App registration with its service principal. `Debug` shows only client id and display name.
#[derive(Clone)]
pub(crate) struct App {
    /// Client id.
    pub(crate) id: Uuid,
    /// Object id of the service principal: `oid` and `sub` of its tokens.
    pub(crate) service_principal: Uuid,
    /// Object id of the registration, as in Graph's paths.
    pub(crate) object_id: Uuid,
    pub(crate) has_principal: bool,
    pub(crate) display_name: String,
    /// Client secrets; each one is accepted. A managed identity has none.
    pub(crate) secrets: Vec<String>,
    pub(crate) secret_expired: bool,
    pub(crate) enabled: bool,
    pub(crate) app_id_uri: Option<String>,
    /// Application permissions on Graph with admin consent.
    pub(crate) graph_roles: Vec<String>,
    /// Application roles on the connector's API.
    pub(crate) api_roles: Vec<String>,
    /// Azure roles on the table and the vault.
    pub(crate) azure_roles: Vec<String>,
    /// Whether this is a user-assigned managed identity. It has no app registration and gets its tokens from the
    /// identity endpoint.
    pub(crate) managed: bool,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) federated: Vec<Federated>,
    /// `requiredResourceAccess`: requested permissions, with or without consent.
    pub(crate) required_access: Value,
    /// `api.oauth2PermissionScopes`.
    pub(crate) scopes: Value,
    /// `appRoles`: roles that the application defines.
    pub(crate) app_roles: Value,
    /// Assigned roles of other applications: object id of the defining service principal, and id of the role.
    pub(crate) role_assignments: Vec<(Uuid, Uuid)>,
    /// `passwordCredentials`: metadata of the secrets, such as their expiry.
    pub(crate) passwords: Vec<Value>,
}

impl App {
    /// Creates a registration without secrets, permissions and service principal.
    pub(crate) fn registered(id: Uuid, service_principal: Uuid, display_name: &str) -> Self {
        Self {
            id,
            service_principal,
            object_id: Uuid::from_u128(id.as_u128() ^ (0xb << 120)),
            has_principal: false,
            display_name: display_name.to_owned(),
            secrets: Vec::new(),
            secret_expired: false,
            enabled: true,
            app_id_uri: None,
            graph_roles: Vec::new(),
            api_roles: Vec::new(),
            azure_roles: Vec::new(),
            managed: false,
            certificates: Vec::new(),
            federated: Vec::new(),
            required_access: Value::Array(Vec::new()),
            scopes: Value::Array(Vec::new()),
            app_roles: Value::Array(Vec::new()),
            role_assignments: Vec::new(),
            passwords: Vec::new(),
        }
    }
}

impl App {
    /// Returns the names of the roles that this application defines and that `client` is assigned to.
    pub(crate) fn roles_of<'a>(&'a self, client: &'a App) -> impl Iterator<Item = String> + 'a {
        client
            .role_assignments
            .iter()
            .filter(|(resource, _)| *resource == self.service_principal)
            .filter_map(|(_, role)| self.role(*role)?["value"].as_str().map(str::to_owned))
    }

    /// Returns the role that this application defines with this id.
    pub(crate) fn role(&self, id: Uuid) -> Option<&Value> {
        self.app_roles.as_array()?.iter().find(|role| role["id"] == id.to_string())
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("id", &self.id).field("display_name", &self.display_name).finish_non_exhaustive()
    }
}

/// Returns the initial app registrations.
pub(super) fn fixed() -> Vec<App> {
    let row = |number: u128, display_name, secret: &str, roles: &[&str]| App {
        has_principal: true,
        secrets: vec![secret.to_owned()],
        graph_roles: roles.iter().copied().map(str::to_owned).collect(),
        ..App::registered(
            Uuid::from_u128(0x0c0f_fee0_0000_4000_8000_0000_0000_0000 | number),
            Uuid::from_u128(0x5e00_0000_0000_4000_8000_0000_0000_0000 | number),
            display_name,
        )
    };
    const PASSKEYS: &str = "UserAuthMethod-Passkey.ReadWrite.All";
    const CONNECTOR_PERMISSIONS: [&str; 5] =
        [PASSKEYS, "User.Read.All", "Mail.Send", "GroupMember.Read.All", "RoleManagement.Read.Directory"];
    let azure_roles = ["Key Vault Secrets Officer", "Storage Table Data Contributor"].map(str::to_owned).to_vec();
    vec![
        App {
            app_id_uri: Some(CONNECTOR_URI.to_owned()),
            azure_roles: azure_roles.clone(),
            ..row(1, "FIDO connector", "sandbox-connector-secret", &CONNECTOR_PERMISSIONS)
        },
        App {
            api_roles: ["Order", "Read", "Operate", "Pin", "Audit", "Admin"]
                .map(|role| format!("Keyferry.{role}"))
                .to_vec(),
            ..row(2, "Test client", "sandbox-test-client-secret", &[])
        },
        row(3, "Client that is not allowed", "sandbox-other-client-secret", &[]),
        row(4, "FIDO connector, the guide's permissions only", "sandbox-guide-connector-secret", &[PASSKEYS]),
        row(5, "Auditor", "sandbox-auditor-secret", &["AuditLog.Read.All", "UserAuthenticationMethod.ReadWrite.All"]),
        App {
            managed: true,
            secrets: Vec::new(),
            azure_roles,
            ..row(6, "Managed identity of the container app", "", &[])
        },
        row(
            7,
            "Administrator",
            "sandbox-administrator-secret",
            &[
                "Application.ReadWrite.All",
                "AppRoleAssignment.ReadWrite.All",
                "Policy.ReadWrite.AuthenticationMethod",
                "AuditLog.Read.All",
                "Organization.Read.All",
            ],
        ),
    ]
}

impl Certificate {
    /// Reads a certificate from PEM. Returns `None` if it is invalid or its key is not an RSA key.
    pub(crate) fn read(pem: &str) -> Option<Self> {
        let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).ok()?;
        let certificate = pem.parse_x509().ok()?;
        let info = certificate.public_key();
        matches!(info.parsed().ok()?, x509_parser::public_key::PublicKey::RSA(_)).then(|| Self {
            thumbprint: URL_SAFE_NO_PAD.encode(digest(&SHA256, &pem.contents)),
            public_key: info.subject_public_key.data.to_vec(),
        })
    }
}
