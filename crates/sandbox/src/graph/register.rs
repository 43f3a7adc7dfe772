//! `POST …/fido2Methods`: a key is registered for a user.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::call::Call;
use super::ceremony::{self, Credential};
use super::challenge::Refused;
use super::encoding;
use super::error::GraphError;
use super::method::{Method, NotStored, entity};
use crate::ground::directory::User;
use crate::ground::policy::PolicyState;

/// Observed with beta, for a root `@odata.type` and for a body that is a JSON string.
const INCOMPLETE: &str = "The request is missing a fido2AuthenticationMethod entity with a displayName and publicKeyCredential in the request body. All other properties will be ignored.";
/// What tools enforce; no official number is public.
const NAME_LIMIT: usize = 30;
/// inferred: the name of this activity when an application does it.
const ACTIVITY: &str = "Admin registered security info";

/// Registers a key, and records that it was tried.
pub(super) fn post(call: &Call, key: &str) -> Result<Response, GraphError> {
    let user = user(call, key)?;
    let outcome = register(call, &user);
    let reason = match &outcome {
        Ok(_) => "Admin registered Fido2 Authentication Method".to_owned(),
        Err(error) => error.message.clone(),
    };
    call.world.graph.audits.record(call, ACTIVITY, &user, outcome.is_ok(), &reason);
    Ok((StatusCode::CREATED, entity(call, key, &outcome?)).into_response())
}

/// The user, in the words of the workload of authentication methods: 404 is observed, code and text are the sandbox's own.
pub(super) fn user(call: &Call, key: &str) -> Result<User, GraphError> {
    let user = call.world.directory().user(key).cloned();
    user.ok_or_else(|| {
        GraphError::methods(StatusCode::NOT_FOUND, "resourceNotFound", format!("User '{key}' was not found."))
    })
}

/// Refuses what the policy refuses for every key. The sandbox's own texts; only the conditions are public.
pub(super) fn policy_admits(call: &Call) -> Result<(), GraphError> {
    let policy = call.world.policy();
    if policy.state == PolicyState::Disabled {
        return Err(GraphError::bad_request("Passkeys (FIDO2) are not enabled by the authentication methods policy."));
    }
    if !policy.is_self_service_registration_allowed {
        return Err(GraphError::bad_request("The policy does not allow self-service set up of passkeys."));
    }
    Ok(())
}

fn register(call: &Call, user: &User) -> Result<Method, GraphError> {
    let graph = &call.world.graph;
    let settings = call.world.settings();
    let submission = Submission::read(&call.body, settings.root_odata_type_refused)?;
    policy_admits(call)?;
    if !user.account_enabled {
        // The sandbox's own text; whether the real service refuses here is not public.
        return Err(GraphError::bad_request("The user's account is disabled."));
    }
    let challenge = ceremony::challenge(&submission.client_data)?;
    let sealed = graph.challenges.open(&challenge, user.id, call.ids.at).map_err(challenge_refused)?;
    let policy = call.world.policy();
    let credential = ceremony::verify(call, &submission, &challenge, policy.enforces_attestation())?;
    if !policy.allow(credential.aaguid) {
        let text = format!("Passkeys with the AAGUID {} are not allowed by the policy.", credential.aaguid);
        return Err(GraphError::bad_request(text));
    }
    let method = method(call, user, submission.display_name, credential);
    graph.methods.add(method.clone(), settings.max_passkeys).map_err(|reason| match reason {
        // inferred: the status, from one public script; code and text are the sandbox's own.
        NotStored::Duplicate => GraphError::methods(
            StatusCode::CONFLICT,
            "conflict",
            "A passkey with this credential id is registered already.",
        ),
        NotStored::TooMany => GraphError::bad_request("The user has as many passkeys as are allowed."),
    })?;
    if settings.challenge_single_use {
        graph.challenges.use_up(sealed);
    }
    Ok(method)
}

fn method(call: &Call, user: &User, display_name: String, credential: Credential) -> Method {
    Method {
        id: encoding::token(&credential.id),
        user: user.id,
        display_name,
        created: call.ids.at,
        aaguid: credential.aaguid,
        model: call.world.factory.model_of(credential.aaguid),
        certificates: credential.certificates,
        attested: credential.attested,
        credential_id: credential.id,
        public_key: credential.public_key,
        sign_count: credential.sign_count,
        backup_eligible: credential.backup_eligible,
    }
}

/// The sandbox's own texts.
fn challenge_refused(reason: Refused) -> GraphError {
    GraphError::bad_request(match reason {
        Refused::NotOurs => "The challenge in the client data was not issued by this service.",
        Refused::OtherUser => "The challenge in the client data was issued for another user.",
        Refused::Expired => "The challenge in the client data has expired.",
        Refused::Used => "The challenge in the client data was used before.",
    })
}

/// A registration as it was sent, its binary members decoded.
#[derive(Debug)]
pub(super) struct Submission {
    display_name: String,
    pub(super) credential_id: Vec<u8>,
    pub(super) client_data: Vec<u8>,
    pub(super) attestation_object: Vec<u8>,
}

impl Submission {
    fn read(body: &[u8], type_refused: bool) -> Result<Self, GraphError> {
        let incomplete = || GraphError::bad_request(INCOMPLETE);
        let root: Map<String, Value> = serde_json::from_slice(body).map_err(|_| incomplete())?;
        if type_refused && root.contains_key("@odata.type") {
            return Err(incomplete());
        }
        let name =
            root.get("displayName").and_then(Value::as_str).filter(|name| !name.is_empty()).ok_or_else(incomplete)?;
        if name.chars().count() > NAME_LIMIT {
            // The sandbox's own text.
            return Err(GraphError::bad_request(format!("displayName must have at most {NAME_LIMIT} characters.")));
        }
        let credential = root.get("publicKeyCredential").and_then(Value::as_object).ok_or_else(incomplete)?;
        let response = credential.get("response");
        Ok(Self {
            display_name: name.to_owned(),
            credential_id: binary("id", credential.get("id"))?,
            client_data: binary("clientDataJSON", response.and_then(|response| response.get("clientDataJSON")))?,
            attestation_object: binary(
                "attestationObject",
                response.and_then(|response| response.get("attestationObject")),
            )?,
        })
    }
}

/// The sandbox's own text.
fn binary(name: &str, value: Option<&Value>) -> Result<Vec<u8>, GraphError> {
    value
        .and_then(Value::as_str)
        .and_then(encoding::decode)
        .filter(|bytes| !bytes.is_empty())
        .ok_or_else(|| GraphError::bad_request(format!("publicKeyCredential: {name} is missing or not base64url.")))
}
