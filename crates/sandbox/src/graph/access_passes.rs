//! Operations that list, make and delete Temporary Access Passes.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::error::GraphError;
use super::passes::Pass;
use super::preconditions::user;
use crate::ground::directory::{User, UserType};
use crate::ground::random;

/// Lifetimes that the policy allows by default, in minutes
/// (<https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass>).
const LIFETIMES: std::ops::RangeInclusive<i64> = 60..=480;

/// Lifetime without `lifetimeInMinutes`: the policy's default.
const DEFAULT: i64 = 60;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wanted {
    is_usable_once: Option<bool>,
    lifetime_in_minutes: Option<i64>,
    start_date_time: Option<DateTime<Utc>>,
}

/// `GET …/temporaryAccessPassMethods`.
pub(super) fn list(call: &Call, key: &str) -> Result<Response, GraphError> {
    let user = user(call, key)?;
    let held: Vec<Value> = call.graph.passes.of(user.id).iter().map(|pass| pass.json(call.ids.at)).collect();
    Ok(Json(json!({"@odata.context": call.context(&collection(key)), "value": held})).into_response())
}

/// `POST …/temporaryAccessPassMethods`. A pass that the user had is deleted. Writes an audit record of success or
/// failure.
pub(super) fn post(call: &Call, key: &str) -> Result<Response, GraphError> {
    let user = user(call, key)?;
    let made = make(call, &user);
    let reason = match &made {
        Ok(_) => "Admin registered temporary access pass method for user".to_owned(),
        Err(error) => error.message.clone(),
    };
    // inferred: activity and reason.
    call.audit("Admin registered security info", &user, made.is_ok(), &reason);
    let pass = made?;
    let mut body = pass.json(call.ids.at);
    body["temporaryAccessPass"] = json!(pass.code);
    body["@odata.context"] = json!(call.context(&format!("{}/$entity", collection(key))));
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// Makes a pass. The texts are those that clients of Graph look for, or the sandbox's own; the status is inferred.
fn make(call: &Call, user: &User) -> Result<Pass, GraphError> {
    let wanted: Wanted = serde_json::from_slice(&call.body)
        .map_err(|_| GraphError::bad_request("The request body is no temporaryAccessPassAuthenticationMethod."))?;
    if !call.graph.settings.lock().access_passes {
        let text = "Converged UserCredentialPolicy does not allow creating or updating the credential.";
        return Err(GraphError::bad_request(text));
    }
    if user.user_type == UserType::Guest {
        let text = "Temporary Access Pass cannot be added to an external guest user.";
        return Err(GraphError::bad_request(text));
    }
    let minutes = wanted.lifetime_in_minutes.unwrap_or(DEFAULT);
    if !LIFETIMES.contains(&minutes) {
        let text = format!("The lifetime of {minutes} minutes is outside the range that the policy allows.");
        return Err(GraphError::bad_request(text));
    }
    let letter = |byte: u8| char::from(b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789"[usize::from(byte % 32)]);
    let length = call.graph.settings.lock().access_pass_length.clamp(8, 48);
    let pass = Pass {
        id: random::uuid(),
        code: random::bytes::<48>().into_iter().take(length).map(letter).collect(),
        created: call.ids.at,
        start: wanted.start_date_time.unwrap_or(call.ids.at),
        minutes,
        once: wanted.is_usable_once.unwrap_or(false),
    };
    call.graph.passes.put(user.id, pass.clone());
    Ok(pass)
}

/// `DELETE …/temporaryAccessPassMethods/{id}`.
pub(super) fn delete(call: &Call, key: &str, id: &str) -> Result<Response, GraphError> {
    let user = user(call, key)?;
    if !call.graph.passes.remove(user.id, id) {
        let text = format!("No authentication method with the id '{id}' was found.");
        return Err(GraphError::methods(StatusCode::NOT_FOUND, "resourceNotFound", text));
    }
    // inferred: activity and reason.
    call.audit("Admin deleted security info", &user, true, "Admin deleted temporary access pass method for user");
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn collection(key: &str) -> String {
    let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
    format!("users('{key}')/authentication/temporaryAccessPassMethods")
}
