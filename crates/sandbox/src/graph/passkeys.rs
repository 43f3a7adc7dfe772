//! Operations that list, read and delete passkeys.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::call::Call;
use super::error::GraphError;
use super::methods::Method;
use super::preconditions::user;

/// `GET …/fido2Methods`.
pub(super) fn list(call: &Call, key: &str) -> Result<Response, GraphError> {
    let user = user(call, key)?;
    let methods: Vec<Value> = call.graph.methods.of(user.id).iter().map(Method::json).collect();
    Ok(Json(json!({"@odata.context": call.context(&collection(key)), "value": methods})).into_response())
}

/// `GET …/fido2Methods/{id}`.
pub(super) fn get(call: &Call, key: &str, id: &str) -> Result<Response, GraphError> {
    let user = user(call, key)?;
    let method = call.graph.methods.find(user.id, id).ok_or_else(|| no_such_method(id))?;
    Ok(entity(call, key, &method).into_response())
}

/// `DELETE …/fido2Methods/{id}`.
pub(super) fn delete(call: &Call, key: &str, id: &str) -> Result<Response, GraphError> {
    let user = user(call, key)?;
    if !call.graph.methods.remove(user.id, id) {
        return Err(no_such_method(id));
    }
    // inferred: the activity's name.
    call.audit("Admin deleted security info", &user, true, "Admin deleted Fido2 Authentication Method");
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Returns a passkey in Graph's JSON form, with `@odata.context`.
pub(super) fn entity(call: &Call, key: &str, method: &Method) -> Json<Value> {
    let mut body = method.json();
    body["@odata.context"] = json!(call.context(&format!("{}/$entity", collection(key))));
    Json(body)
}

fn collection(key: &str) -> String {
    let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
    format!("users('{key}')/authentication/fido2Methods")
}

/// Error for an unknown passkey. The status is observed; code and text are the sandbox's own.
fn no_such_method(id: &str) -> GraphError {
    GraphError::methods(
        StatusCode::NOT_FOUND,
        "resourceNotFound",
        format!("No authentication method with the id '{id}' was found."),
    )
}
