//! Operations that read users and their managers.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::call::Call;
use super::error::GraphError;
use crate::ground::directory::User;

/// Properties that Graph returns without `$select`, as documented. `accountEnabled` is not one of them.
pub(super) const DEFAULT: &str = "businessPhones,displayName,givenName,id,jobTitle,mail,mobilePhone,officeLocation,\
                       preferredLanguage,surname,userPrincipalName";

/// Properties that are not among the basic ones.
const MORE: [&str; 12] = [
    "accountenabled",
    "othermails",
    "proxyaddresses",
    "usertype",
    "companyname",
    "department",
    "employeeid",
    "streetaddress",
    "city",
    "state",
    "postalcode",
    "country",
];

/// Permissions that cover more than a user's basic properties.
const FULL_PROFILE: [&str; 2] = ["User.Read.All", "Directory.Read.All"];

/// `GET /users/{id|upn}`, with `$select` and `$expand=manager`.
pub(super) fn user(call: &Call, key: &str) -> Result<Response, GraphError> {
    let select = call.parameter("$select");
    // inferred: `User.ReadBasic.All` covers neither the manager, for which Microsoft's metadata requires more, nor
    // these properties, which are not among the basic ones. The error is that of a missing permission.
    let has_more = select.is_some_and(|names| {
        let names = names.to_ascii_lowercase();
        MORE.iter().any(|name| names.contains(name))
    });
    if (has_more || call.parameter("$expand").is_some())
        && !call.caller.roles.iter().any(|role| FULL_PROFILE.contains(&role.as_str()))
    {
        return Err(GraphError::directory_denied());
    }
    let directory = call.graph.directory.lock();
    let user = directory.user(key).ok_or_else(|| GraphError::no_such_object(key))?;
    let mut body = properties(user, select.unwrap_or(DEFAULT))?;
    if let Some(expand) = call.parameter("$expand") {
        let select = expanded_manager(expand)?;
        // inferred: for a user without a manager, the property is missing.
        if let Some(manager) = user.manager.and_then(|id| directory.user_by_id(id)) {
            let mut inner = properties(manager, select.unwrap_or(DEFAULT))?;
            inner.insert("@odata.type".to_owned(), json!("#microsoft.graph.user"));
            body.insert("manager".to_owned(), Value::Object(inner));
        }
    }
    let entity = select.map_or_else(|| "users/$entity".to_owned(), |names| format!("users({names})/$entity"));
    body.insert("@odata.context".to_owned(), json!(call.context(&entity)));
    Ok(Json(body).into_response())
}

/// `GET /users/{id|upn}/manager`. For a user without a manager, Graph answers a 404 that names `manager`.
pub(super) fn manager(call: &Call, key: &str) -> Result<Response, GraphError> {
    let directory = call.graph.directory.lock();
    let user = directory.user(key).ok_or_else(|| GraphError::no_such_object(key))?;
    let manager =
        user.manager.and_then(|id| directory.user_by_id(id)).ok_or_else(|| GraphError::no_such_object("manager"))?;
    let mut body = properties(manager, call.parameter("$select").unwrap_or(DEFAULT))?;
    body.insert("@odata.context".to_owned(), json!(call.context("directoryObjects/$entity")));
    body.insert("@odata.type".to_owned(), json!("#microsoft.graph.user"));
    Ok(Json(body).into_response())
}

/// Returns the `$select` inside `$expand=manager($select=…)`.
fn expanded_manager(expand: &str) -> Result<Option<&str>, GraphError> {
    match expand.strip_prefix("manager") {
        Some("") => Ok(None),
        Some(options) => options
            .strip_prefix("($select=")
            .and_then(|rest| rest.strip_suffix(')'))
            .map(Some)
            .ok_or_else(|| bad_query(expand)),
        None => Err(bad_query(expand)),
    }
}

pub(super) fn properties(user: &User, select: &str) -> Result<Map<String, Value>, GraphError> {
    let profile = &user.profile;
    let mut out = Map::new();
    for name in select.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let value = match name.to_ascii_lowercase().as_str() {
            "id" => json!(user.id),
            "displayname" => json!(user.display_name),
            "userprincipalname" => json!(user.upn),
            "mail" => json!(user.mail),
            "othermails" => json!([]),
            "proxyaddresses" => json!(user.mail.iter().map(|mail| format!("SMTP:{mail}")).collect::<Vec<_>>()),
            "accountenabled" => json!(user.account_enabled),
            "givenname" => json!(profile.given_name.as_deref().or_else(|| user.display_name.split(' ').next())),
            "surname" => {
                json!(profile.surname.as_deref().or_else(|| user.display_name.split_once(' ').map(|(_, last)| last)))
            }
            "businessphones" => json!([]),
            "usertype" => json!(user.user_type),
            "companyname" => json!(profile.company_name),
            "department" => json!(profile.department),
            "employeeid" => json!(profile.employee_id),
            "mobilephone" => json!(profile.mobile_phone),
            "streetaddress" => json!(profile.street_address),
            "city" => json!(profile.city),
            "state" => json!(profile.state),
            "postalcode" => json!(profile.postal_code),
            "country" => json!(profile.country),
            "preferredlanguage" => json!(user.preferred_language),
            "jobtitle" | "officelocation" => Value::Null,
            _ => return Err(bad_query(name)),
        };
        out.insert(name.to_owned(), value);
    }
    Ok(out)
}

/// Error for an unknown property. The code is the directory's; the text is the sandbox's own.
fn bad_query(what: &str) -> GraphError {
    let message = format!(
        "Parsing OData Select and Expand failed: Could not find a property named '{what}' on type \
         'microsoft.graph.user'."
    );
    GraphError::new(axum::http::StatusCode::BAD_REQUEST, "Request_BadRequest", message)
}
