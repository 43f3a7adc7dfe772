//! App registrations, their service principals, and granted permissions
//! (<https://learn.microsoft.com/graph/api/resources/application>).

use keyferry_domain::{Failure, FailureKind, SecretBytes, Timestamp};
use keyferry_http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{OPERATION, Tenant};
use crate::failures::FAILURES;

/// App id of Microsoft Graph, in every tenant and cloud.
pub const MICROSOFT_GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// App registration, with the members that the setup uses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Application {
    /// Object id. Identifies the registration in paths.
    pub id: String,
    /// Client id.
    pub app_id: String,
    /// Name in the admin centre.
    pub display_name: String,
    /// Application ID URIs.
    pub identifier_uris: Vec<String>,
    /// Exposed API.
    pub api: Api,
    /// Platform `web`, on which users sign in.
    pub web: Web,
    /// App roles, unparsed.
    pub app_roles: Vec<Value>,
    /// Claims that tokens contain only on request, unparsed.
    pub optional_claims: Value,
    /// Requested permissions. May include permissions that do not come from Keyferry and must be kept.
    pub required_resource_access: Vec<RequiredAccess>,
}

/// API that an application exposes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Api {
    /// Scopes, unparsed.
    pub oauth2_permission_scopes: Vec<Value>,
}

/// Platform `web` of an application.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Web {
    /// Addresses to which users return after they signed in.
    pub redirect_uris: Vec<String>,
}

/// Permissions that an application requests for one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequiredAccess {
    /// App id of the resource.
    pub resource_app_id: String,
    /// Roles and scopes.
    pub resource_access: Vec<ResourceAccess>,
}

/// Role (application permission) or scope (delegated permission).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceAccess {
    /// Id of the role or scope.
    pub id: String,
    /// `Role` or `Scope`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Service principal.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Principal {
    /// Object id.
    pub id: String,
    /// Application permissions that its API defines.
    pub app_roles: Vec<AppRole>,
}

/// Application permission.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AppRole {
    /// Id of the permission.
    pub id: String,
    /// Name of the permission, for example `User.Read.All`.
    pub value: Option<String>,
}

/// Granted application permission.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RoleAssignment {
    /// Id of the permission.
    pub app_role_id: String,
    /// Object id of the service principal that defines the permission.
    pub resource_id: String,
}

#[derive(Deserialize)]
struct List<T> {
    value: Vec<T>,
    #[serde(rename = "@odata.nextLink", default)]
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Organization {
    #[serde(default)]
    verified_domains: Vec<Domain>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Domain {
    name: String,
    #[serde(default)]
    is_initial: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Password {
    secret_text: String,
}

impl Tenant {
    /// Returns the tenant's initial domain, for example `contoso.onmicrosoft.com`.
    ///
    /// # Errors
    /// Fails when Graph refuses the call, does not respond, or returns no initial domain.
    pub async fn initial_domain(&self) -> Result<String, Failure> {
        let organizations: List<Organization> = self.get(&["organization"], &[]).await?;
        let domains = organizations.value.into_iter().flat_map(|organization| organization.verified_domains);
        domains.into_iter().find(|domain| domain.is_initial).map(|domain| domain.name).ok_or_else(|| {
            let message = "Graph returned no initial domain of the tenant. Set the domain with --domain";
            Failure::new(&FAILURES, OPERATION, FailureKind::InvalidResponse, message)
        })
    }

    /// Returns the registration with this Application ID URI: at most one.
    ///
    /// # Errors
    /// Fails when Graph refuses the call or does not respond.
    pub async fn applications_with_uri(&self, uri: &str) -> Result<Vec<Application>, Failure> {
        self.list(&["applications"], &format!("identifierUris/any(u:u eq {})", quoted(uri))).await
    }

    /// Returns the registration with this client id: at most one.
    ///
    /// # Errors
    /// Fails when Graph refuses the call or does not respond.
    pub async fn applications_with_client_id(&self, id: &str) -> Result<Vec<Application>, Failure> {
        self.list(&["applications"], &format!("appId eq {}", quoted(id))).await
    }

    /// Returns the registrations with this name. Names are not unique.
    ///
    /// # Errors
    /// Fails when Graph refuses the call or does not respond.
    pub async fn applications_with_name(&self, name: &str) -> Result<Vec<Application>, Failure> {
        self.list(&["applications"], &format!("displayName eq {}", quoted(name))).await
    }

    /// Creates a registration.
    ///
    /// # Errors
    /// Fails when Graph refuses the call or does not respond.
    pub async fn create_application(&self, body: &Value) -> Result<Application, Failure> {
        self.create(&["applications"], body).await
    }

    /// Changes the given members of a registration.
    ///
    /// # Errors
    /// Fails when Graph refuses the call or does not respond. Graph may return 404 shortly after the registration was
    /// created.
    pub async fn change_application(&self, id: &str, body: &Value) -> Result<(), Failure> {
        self.call(Method::PATCH, &["applications", id], &[], Some(body)).await.map(drop)
    }

    /// Creates a client secret that expires at `ends`.
    ///
    /// # Errors
    /// Fails when Graph refuses the call or does not respond.
    pub async fn add_password(&self, id: &str, name: &str, ends: Timestamp) -> Result<SecretBytes, Failure> {
        let ends = ends.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let body = json!({ "passwordCredential": { "displayName": name, "endDateTime": ends } });
        let made: Password = self.create(&["applications", id, "addPassword"], &body).await?;
        Ok(SecretBytes::new(made.secret_text.into_bytes()))
    }

    /// Returns the service principal of an application.
    ///
    /// # Errors
    /// Fails when Graph refuses the call or does not respond.
    pub async fn principal(&self, app_id: &str) -> Result<Option<Principal>, Failure> {
        let found = self.list(&["servicePrincipals"], &format!("appId eq {}", quoted(app_id))).await?;
        Ok(found.into_iter().next())
    }

    /// Creates the service principal of an application.
    ///
    /// # Errors
    /// Fails when Graph refuses the call or does not respond.
    pub async fn create_principal(&self, app_id: &str) -> Result<Principal, Failure> {
        self.create(&["servicePrincipals"], &json!({ "appId": app_id })).await
    }

    /// Returns the application permissions granted to a service principal.
    ///
    /// # Errors
    /// Fails when Graph refuses the call or does not respond.
    pub async fn role_assignments(&self, principal: &str) -> Result<Vec<RoleAssignment>, Failure> {
        self.list(&["servicePrincipals", principal, "appRoleAssignments"], "").await
    }

    /// Grants an application permission to a service principal (admin consent).
    ///
    /// # Errors
    /// Fails when Graph refuses the call or does not respond.
    pub async fn assign_role(&self, principal: &str, resource: &str, role: &str) -> Result<(), Failure> {
        let body = json!({ "principalId": principal, "resourceId": resource, "appRoleId": role });
        let path = ["servicePrincipals", principal, "appRoleAssignments"];
        self.call(Method::POST, &path, &[], Some(&body)).await.map(drop)
    }

    async fn create<T: serde::de::DeserializeOwned>(&self, path: &[&str], body: &Value) -> Result<T, Failure> {
        let answer = self.call(Method::POST, path, &[], Some(body)).await?;
        answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))
    }

    /// Returns a complete list. Fails if it has more than one page, since the lists queried here are short.
    async fn list<T: serde::de::DeserializeOwned>(&self, path: &[&str], filter: &str) -> Result<Vec<T>, Failure> {
        let query = [("$filter", filter)];
        let list: List<T> = self.get(path, if filter.is_empty() { &[] } else { &query }).await?;
        if list.next.is_some() {
            let message = format!("Graph returned more than one page for {}. Expected a single page", path.join("/"));
            return Err(Failure::new(&FAILURES, OPERATION, FailureKind::InvalidResponse, message));
        }
        Ok(list.value)
    }
}

/// Returns a string literal of OData.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
