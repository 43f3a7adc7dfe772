//! Simulator of the Logic App that sends PINs.
//!
//! The workflow has a signed URL. It looks up the user's manager and sends a mail.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::account::SENDER;
use super::state::Mailbox;
use super::store::{Incoming, Via};
use crate::entra::{AppClaims, MANAGEMENT_AUDIENCE, issuer_v1};
use crate::ground::random;

/// `sig` in the Logic App's URL.
pub(crate) const LOGIC_APP_SIGNATURE: &str = "sandbox-logic-app-signature";
/// Id of the run in the run history.
const RUN_ID: HeaderName = HeaderName::from_static("x-ms-workflow-run-id");

/// Signature in the URL, required to start the workflow unless the trigger has a policy.
#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    #[serde(default)]
    sig: String,
}

/// Error response of a failed run.
#[derive(Debug)]
struct Failed {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Failed {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_GATEWAY, code, message: message.into() }
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        (self.status, Json(body)).into_response()
    }
}

/// `POST …/invoke`.
pub(super) async fn invoke(
    State(mailbox): State<Arc<Mailbox>>,
    Query(signed): Query<Signed>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(refused) = authorized(&mailbox, &signed.sig, &headers) {
        return refused.into_response();
    }
    let Ok(Value::Object(input)) = serde_json::from_slice(&body) else {
        return Failed {
            status: StatusCode::BAD_REQUEST,
            code: "InvalidRequestContent",
            message: "The request content is not valid and could not be deserialized: a JSON object is expected."
                .to_owned(),
        }
        .into_response();
    };
    let run = [(RUN_ID, random::uuid().simple().to_string())];
    let outcome = send(&mailbox, &input);
    if mailbox.settings.lock().logic_app_sync {
        // With a Response action after the mail, the caller gets the outcome.
        return match outcome {
            Ok(()) => (run, StatusCode::OK).into_response(),
            Err(failed) => (run, failed).into_response(),
        };
    }
    // Without a Response action, Logic Apps answers 202 at once. A failure is visible only in the run history.
    if let Err(failed) = outcome {
        tracing::warn!(code = failed.code, "Logic App run failed after response 202");
    }
    (StatusCode::ACCEPTED, run).into_response()
}

/// Checks the signature, or with a policy the token. Observed: codes and texts for two schemes and for a signature that
/// is disabled. // inferred: status and code for a token that the policy does not accept.
fn authorized(mailbox: &Mailbox, signature: &str, headers: &HeaderMap) -> Result<(), Failed> {
    let policy = mailbox.settings.lock().logic_app_policy;
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let refused =
        |code, message: &str| Err(Failed { status: StatusCode::UNAUTHORIZED, code, message: message.to_owned() });
    match (signature, token) {
        ("", Some(token)) if policy && accepted(mailbox, token) => Ok(()),
        ("", Some(_)) if policy => Err(Failed {
            status: StatusCode::FORBIDDEN,
            code: "MisMatchingOAuthClaims",
            message: "One or more claims either missing or does not match with the open authentication access control \
                      policy."
                .to_owned(),
        }),
        ("", _) => {
            let message = "The request must be authenticated only by Shared Access scheme.";
            refused("DirectApiAuthorizationRequired", message)
        }
        (_, Some(_)) => {
            let message = "The request has SAS authentication scheme, 'Bearer' authorization scheme or internal token \
                           scheme. Only one scheme should be used.";
            refused("DirectApiRequestHasMoreThanOneAuthorization", message)
        }
        (_, None) if policy => {
            let message = "The request has SAS authentication scheme while it is disabled under your access control \
                           policy.";
            refused("DirectApiInvalidAuthorizationScheme", message)
        }
        (LOGIC_APP_SIGNATURE, None) => Ok(()),
        (_, None) => {
            let message = "The request must be authenticated only by Shared Access scheme.";
            refused("DirectApiAuthorizationRequired", message)
        }
    }
}

/// Returns whether the policy accepts a token: of this tenant, for Azure Resource Manager, issued to an identity of the
/// connector, which has Azure roles.
fn accepted(mailbox: &Mailbox, token: &str) -> bool {
    let Ok(claims) = mailbox.entra.keys.verify(token) else { return false };
    let Some(caller) = AppClaims::read(&claims) else { return false };
    let directory = mailbox.directory.lock();
    let ours =
        directory.apps.iter().any(|app| app.service_principal == caller.object_id && !app.azure_roles.is_empty());
    ours && claims["iss"] == issuer_v1()
        && caller.audience.trim_end_matches('/') == MANAGEMENT_AUDIENCE
        && caller.expires > mailbox.clock.tokens().timestamp()
}

/// Runs the workflow's actions. // inferred: the body's members; the vendor's are not public.
fn send(mailbox: &Mailbox, input: &Map<String, Value>) -> Result<(), Failed> {
    let text = |name: &str| input.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let user = text("user_id").or_else(|| text("user_principal_name"));
    let user = user.ok_or_else(|| Failed::new("ActionFailed", "The template action has no user_id to look up."))?;
    let pin = text("pin").ok_or_else(|| Failed::new("ActionFailed", "The input has no pin to send."))?;
    let serial =
        input.get("serial_number").map(|serial| serial.as_str().map_or_else(|| serial.to_string(), str::to_owned));
    let (name, to) = addressees(mailbox, user, &contacts(input))?;
    let serial = serial.unwrap_or_else(|| "unknown".to_owned());
    let mail = Incoming {
        via: Via::LogicApp,
        to,
        from: SENDER.to_owned(),
        subject: format!("PIN of the security key for {name}"),
        text: Some(format!("The security key with serial number {serial} for {name} has the PIN {pin}\n")),
        html: None,
        message_id: text("message_id").map(str::to_owned),
        headers: Vec::new(),
    };
    mailbox.deliver(mail);
    Ok(())
}

/// Returns the addresses in `contacts`, which is a list or an object with `emails_to`.
fn contacts(input: &Map<String, Value>) -> Vec<String> {
    let given = input.get("contacts").or_else(|| input.get("enrollment_contacts"));
    let list = given.map(|given| given.get("emails_to").unwrap_or(given)).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Returns the user's display name, and the contacts or, if there are none, the manager's address.
fn addressees(mailbox: &Mailbox, user: &str, contacts: &[String]) -> Result<(String, Vec<String>), Failed> {
    let directory = mailbox.directory.lock();
    let found =
        directory.user(user).ok_or_else(|| Failed::new("Request_ResourceNotFound", "The user does not exist."))?;
    if !contacts.is_empty() {
        return Ok((found.display_name.clone(), contacts.to_vec()));
    }
    let manager = found.manager.and_then(|id| directory.user_by_id(id));
    let manager = manager.ok_or_else(|| {
        Failed::new("Request_ResourceNotFound", "HTTP - Get User Manager Details: the user has no manager.")
    })?;
    let mail = manager.mail.clone().ok_or_else(|| {
        Failed::new("ActionFailed", "Send an email (V2): the manager has no mail address, so `To` is empty.")
    })?;
    Ok((found.display_name.clone(), vec![mail]))
}
