//! App registrations, their service principals, and what those are granted
//! (<https://learn.microsoft.com/graph/api/resources/application>).

use keyferry_domain::{Failure, FailureKind, SecretBytes, Timestamp};
use keyferry_http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{OPERATION, Tenant};
use crate::failures::FAILURES;

/// App id of Microsoft Graph, in every tenant and cloud.
pub const MICROSOFT_GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// A registration, as far as setting it up looks at it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Application {
    /// Object id: what paths name it by.
    pub id: String,
    /// Client id.
    pub app_id: String,
    /// Name in the admin centre.
    pub display_name: String,
    /// Application ID URIs.
    pub identifier_uris: Vec<String>,
    /// What it exposes.
    pub api: Api,
    /// What it asks for, as it is: parts of it belong to others.
    pub required_resource_access: Vec<RequiredAccess>,
}

/// What an application exposes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Api {
    /// Scopes, as they are.
    pub oauth2_permission_scopes: Vec<Value>,
}

/// What an application asks for of one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequiredAccess {
    /// App id of the resource.
    pub resource_app_id: String,
    /// Roles and scopes.
    pub resource_access: Vec<ResourceAccess>,
}

/// A role (application permission) or a scope (delegated permission).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceAccess {
    /// Its id.
    pub id: String,
    /// `Role` or `Scope`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A service principal.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Principal {
    /// Object id.
    pub id: String,
    /// The application permissions that its API knows.
    pub app_roles: Vec<AppRole>,
}

/// An application permission.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AppRole {
    /// Its id.
    pub id: String,
    /// Its name, such as `User.Read.All`.
    pub value: Option<String>,
}

/// A consented application permission.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RoleAssignment {
    /// Which.
    pub app_role_id: String,
    /// On whose API.
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
    /// The domain that the tenant began with, such as `contoso.onmicrosoft.com`.
    ///
    /// # Errors
    /// When Graph does not show it.
    pub async fn initial_domain(&self) -> Result<String, Failure> {
        let organizations: List<Organization> = self.get(&["organization"], &[]).await?;
        let domains = organizations.value.into_iter().flat_map(|organization| organization.verified_domains);
        domains.into_iter().find(|domain| domain.is_initial).map(|domain| domain.name).ok_or_else(|| {
            let message = "Graph names no initial domain of the tenant: name one with --domain";
            Failure::new(&FAILURES, OPERATION, FailureKind::NotUnderstood, message)
        })
    }

    /// Registrations with this Application ID URI: one, or none.
    ///
    /// # Errors
    /// When Graph does not list them.
    pub async fn applications_with_uri(&self, uri: &str) -> Result<Vec<Application>, Failure> {
        self.list(&["applications"], &format!("identifierUris/any(u:u eq {})", quoted(uri))).await
    }

    /// The registration with this client id, or none.
    ///
    /// # Errors
    /// When Graph does not list them.
    pub async fn applications_with_client_id(&self, id: &str) -> Result<Vec<Application>, Failure> {
        self.list(&["applications"], &format!("appId eq {}", quoted(id))).await
    }

    /// Registrations with this name, of which there may be several.
    ///
    /// # Errors
    /// When Graph does not list them.
    pub async fn applications_with_name(&self, name: &str) -> Result<Vec<Application>, Failure> {
        self.list(&["applications"], &format!("displayName eq {}", quoted(name))).await
    }

    /// A new registration.
    ///
    /// # Errors
    /// When Graph refuses it.
    pub async fn create_application(&self, body: &Value) -> Result<Application, Failure> {
        self.create(&["applications"], body).await
    }

    /// Changes the members that are named.
    ///
    /// # Errors
    /// When Graph refuses it; with 404 for a moment after it was created.
    pub async fn change_application(&self, id: &str, body: &Value) -> Result<(), Failure> {
        self.call(Method::PATCH, &["applications", id], &[], Some(body)).await.map(drop)
    }

    /// A new client secret.
    ///
    /// # Errors
    /// When Graph refuses it.
    pub async fn add_password(&self, id: &str, name: &str, ends: Timestamp) -> Result<SecretBytes, Failure> {
        let ends = ends.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let body = json!({ "passwordCredential": { "displayName": name, "endDateTime": ends } });
        let made: Password = self.create(&["applications", id, "addPassword"], &body).await?;
        Ok(SecretBytes::new(made.secret_text.into_bytes()))
    }

    /// The service principal of an application.
    ///
    /// # Errors
    /// When Graph does not show it.
    pub async fn principal(&self, app_id: &str) -> Result<Option<Principal>, Failure> {
        let found = self.list(&["servicePrincipals"], &format!("appId eq {}", quoted(app_id))).await?;
        Ok(found.into_iter().next())
    }

    /// A new one.
    ///
    /// # Errors
    /// When Graph refuses it.
    pub async fn create_principal(&self, app_id: &str) -> Result<Principal, Failure> {
        self.create(&["servicePrincipals"], &json!({ "appId": app_id })).await
    }

    /// What a service principal was granted.
    ///
    /// # Errors
    /// When Graph does not show it.
    pub async fn role_assignments(&self, principal: &str) -> Result<Vec<RoleAssignment>, Failure> {
        self.list(&["servicePrincipals", principal, "appRoleAssignments"], "").await
    }

    /// Grants it one more: admin consent.
    ///
    /// # Errors
    /// When Graph refuses it.
    pub async fn assign_role(&self, principal: &str, resource: &str, role: &str) -> Result<(), Failure> {
        let body = json!({ "principalId": principal, "resourceId": resource, "appRoleId": role });
        let path = ["servicePrincipals", principal, "appRoleAssignments"];
        self.call(Method::POST, &path, &[], Some(&body)).await.map(drop)
    }

    async fn create<T: serde::de::DeserializeOwned>(&self, path: &[&str], body: &Value) -> Result<T, Failure> {
        let answer = self.call(Method::POST, path, &[], Some(body)).await?;
        answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))
    }

    /// The whole list. More than one page is more than is asked for here, and said so.
    async fn list<T: serde::de::DeserializeOwned>(&self, path: &[&str], filter: &str) -> Result<Vec<T>, Failure> {
        let query = [("$filter", filter)];
        let list: List<T> = self.get(path, if filter.is_empty() { &[] } else { &query }).await?;
        if list.next.is_some() {
            let message = format!("Graph's list of {} has more than one page, which is not expected", path.join("/"));
            return Err(Failure::new(&FAILURES, OPERATION, FailureKind::NotUnderstood, message));
        }
        Ok(list.value)
    }
}

/// A text as OData writes it.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
