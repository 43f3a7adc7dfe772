//! App registrations.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

/// App ID URI of the connector's own API.
pub(crate) const CONNECTOR_URI: &str = "api://fido-connector-api.contoso.onmicrosoft.com";

/// App roles of the connector's API, and its scopes beside [`GUIDE_SCOPE`], of a registration that defines none.
pub(crate) const API_ROLES: [&str; 6] =
    ["Keyferry.Order", "Keyferry.Read", "Keyferry.Operate", "Keyferry.Pin", "Keyferry.Audit", "Keyferry.Admin"];

/// Scope of the connector's API in the guide.
const GUIDE_SCOPE: &str = "create_request";

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
    pub(crate) jwks: Option<Value>,
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
    /// Delegated permissions on the connector's API with admin consent: names of its scopes.
    pub(crate) api_scopes: Vec<String>,
    /// Whether the application may sign users in without a client secret (`isFallbackPublicClient`).
    pub(crate) public_client: bool,
    /// Redirect URIs of the platform `web`. A code that was sent there is redeemed with a client secret or assertion.
    pub(crate) web_redirects: Vec<String>,
    /// Redirect URIs of the platform `publicClient`. A code that was sent there is redeemed without a secret.
    pub(crate) public_redirects: Vec<String>,
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
    /// `optionalClaims`: claims that tokens contain only on request.
    pub(crate) optional_claims: Value,
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
            api_scopes: Vec::new(),
            public_client: false,
            web_redirects: Vec::new(),
            public_redirects: Vec::new(),
            azure_roles: Vec::new(),
            managed: false,
            certificates: Vec::new(),
            federated: Vec::new(),
            required_access: Value::Array(Vec::new()),
            scopes: Value::Array(Vec::new()),
            optional_claims: Value::Null,
            app_roles: Value::Array(Vec::new()),
            role_assignments: Vec::new(),
            passwords: Vec::new(),
        }
    }
}

impl App {
    /// Returns whether ID tokens contain an optional claim ("Configure optional claims").
    pub(crate) fn adds_to_id_tokens(&self, claim: &str) -> bool {
        self.optional_claims["idToken"].as_array().into_iter().flatten().any(|one| one["name"] == claim)
    }

    /// Returns the names of the roles that this application defines and that `client` is assigned to.
    pub(crate) fn roles_of<'a>(&'a self, client: &'a App) -> impl Iterator<Item = String> + 'a {
        client
            .role_assignments
            .iter()
            .filter(|(resource, _)| *resource == self.service_principal)
            .filter_map(|(_, role)| self.role(*role)?["value"].as_str().map(str::to_owned))
    }

    /// Returns the names of the scopes that this application offers.
    pub(crate) fn offered_scopes(&self) -> Vec<String> {
        let defined = self.scopes.as_array().into_iter().flatten();
        let defined: Vec<String> = defined
            .filter(|scope| scope["isEnabled"] != false)
            .filter_map(|scope| scope["value"].as_str().map(str::to_owned))
            .collect();
        match self.app_id_uri.as_deref() {
            Some(CONNECTOR_URI) if defined.is_empty() => all_scopes(),
            _ => defined,
        }
    }

    /// Returns whether a user may be sent to `uri`, and whether it belongs to a public client.
    ///
    /// A registered URI matches exactly, except for the port of http URIs of this machine: Microsoft, "Redirect URI
    /// (reply URL) best practices and limitations", localhost exceptions; RFC 8252 section 7.3.
    pub(crate) fn redirect(&self, uri: &str) -> Option<Redirect> {
        let matches = |registered: &String| {
            registered == uri || without_port(registered).is_some_and(|one| Some(one) == without_port(uri))
        };
        if self.web_redirects.iter().any(matches) {
            return Some(Redirect::Web);
        }
        self.public_redirects.iter().any(matches).then_some(Redirect::Public)
    }

    /// Returns the role that this application defines with this id.
    pub(crate) fn role(&self, id: Uuid) -> Option<&Value> {
        self.app_roles.as_array()?.iter().find(|role| role["id"] == id.to_string())
    }
}

/// Platform of a redirect URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redirect {
    Web,
    Public,
}

/// Returns an http URI of this machine without its port.
fn without_port(uri: &str) -> Option<(String, String)> {
    let url = Url::parse(uri).ok()?;
    let host = url.host_str()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (url.scheme() == "http" && matches!(host, "localhost" | "127.0.0.1") && plain)
        .then(|| (host.to_owned(), url[url::Position::BeforePath..].to_owned()))
}

fn all_scopes() -> Vec<String> {
    std::iter::once(GUIDE_SCOPE).chain(API_ROLES).map(str::to_owned).collect()
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
    const CONNECTOR_PERMISSIONS: [&str; 7] = [
        PASSKEYS,
        "User.Read.All",
        "Mail.Send",
        "GroupMember.Read.All",
        "RoleManagement.Read.Directory",
        "UserAuthMethod-Passkey.Read.All",
        "UserAuthMethod-TAP.ReadWrite.All",
    ];
    let auth_time = || json!({ "idToken": [{ "name": "auth_time", "essential": false }] });
    let redirects = |path| ["localhost", "127.0.0.1"].map(|host| format!("http://{host}{path}")).to_vec();
    let azure_roles = ["Key Vault Secrets Officer", "Storage Table Data Contributor"].map(str::to_owned).to_vec();
    vec![
        App {
            app_id_uri: Some(CONNECTOR_URI.to_owned()),
            azure_roles: azure_roles.clone(),
            web_redirects: [redirects("/console/callback"), redirects("/me/callback")].concat(),
            optional_claims: auth_time(),
            ..row(1, "FIDO connector", "sandbox-connector-secret", &CONNECTOR_PERMISSIONS)
        },
        App {
            api_roles: API_ROLES.map(str::to_owned).to_vec(),
            api_scopes: all_scopes(),
            public_client: true,
            public_redirects: redirects("/"),
            optional_claims: auth_time(),
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
