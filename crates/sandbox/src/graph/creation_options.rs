//! `GET …/fido2Methods/creationOptions`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{SubsecRound as _, TimeDelta};
use serde_json::{Value, json};

use super::call::Call;
use super::encoding;
use super::error::GraphError;
use super::preconditions::{check_policy, user};
use super::version::Version;
use crate::ground::clock::rfc3339;
use crate::ground::directory::User;

/// Documented bounds and default, in minutes.
const MINUTES: std::ops::RangeInclusive<i64> = 5..=43_200;
const DEFAULT_MINUTES: i64 = 5;
const PARAMETER: &str = "challengeTimeoutInMinutes";
const ACTIVITY: &str = "Get passkey creation options";

/// Returns creation options for a new key of this user, and writes an audit record.
pub(super) fn get(call: &Call, key: &str, arguments: Option<&str>) -> Result<Response, GraphError> {
    let user = user(call, key)?;
    let outcome = options(call, &user, arguments);
    let reason = match &outcome {
        Ok(_) => "Successfully retrieved passkey creation options.".to_owned(),
        Err(error) => error.message.clone(),
    };
    call.audit(ACTIVITY, &user, outcome.is_ok(), &reason);
    outcome
}

fn options(call: &Call, user: &User, arguments: Option<&str>) -> Result<Response, GraphError> {
    check_policy(call)?;
    let minutes = minutes(call, arguments)?;
    let settings = call.graph.settings.get();
    let expires = (call.ids.at + TimeDelta::minutes(minutes)).trunc_subsecs(0);
    let challenge = call
        .graph
        .challenges
        .seal(user.id, expires, settings.challenge_bytes)
        .ok_or_else(|| GraphError::bad_request("The challenge could not be made."))?;
    let exclude: Vec<Value> = call
        .graph
        .methods
        .of(user.id)
        .iter()
        .map(|method| {
            let id = encoding::exclude(&method.credential_id, settings.exclude_encoding);
            json!({"type": "public-key", "id": id, "transports": []})
        })
        .collect();
    let body = json!({
        "@odata.context": call.context("microsoft.graph.webauthnCredentialCreationOptions"),
        "challengeTimeoutDateTime": rfc3339(expires),
        "publicKey": {
            "rp": {"id": call.graph.facts.rp_id, "name": "Microsoft"},
            "user": {
                "id": URL_SAFE_NO_PAD.encode(user.handle()),
                "name": user.upn,
                "displayName": user.display_name,
            },
            "challenge": challenge,
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}],
            "timeout": 60000,
            "excludeCredentials": exclude,
            "authenticatorSelection": {
                "authenticatorAttachment": "cross-platform", "requireResidentKey": true, "userVerification": "required",
            },
            "attestation": "direct",
            "extensions": {
                "hmacCreateSecret": true,
                "enforceCredentialProtectionPolicy": true,
                "credentialProtectionPolicy": "userVerificationOptional",
            },
        },
    });
    let body = if settings.wrap_creation_options { json!({"value": body}) } else { body };
    Ok(Json(body).into_response())
}

/// Returns the lifetime of the challenge in minutes. // inferred: v1.0 ignores the parameter and does not refuse it.
fn minutes(call: &Call, arguments: Option<&str>) -> Result<i64, GraphError> {
    if call.version == Version::V1 || call.graph.settings.get().challenge_timeout_ignored {
        return Ok(DEFAULT_MINUTES);
    }
    let given = match arguments {
        Some(text) => {
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            if name.trim() != PARAMETER {
                return Err(out_of_range(text));
            }
            Some(value.trim())
        }
        None => call.parameter(PARAMETER),
    };
    let Some(text) = given else {
        return Ok(DEFAULT_MINUTES);
    };
    text.parse().ok().filter(|minutes| MINUTES.contains(minutes)).ok_or_else(|| out_of_range(text))
}

/// Error for an invalid lifetime. The text is the sandbox's own; only the bounds are public.
fn out_of_range(given: &str) -> GraphError {
    GraphError::bad_request(format!("{PARAMETER} must be a whole number from 5 to 43200, not '{given}'."))
}
