//! `POST …/fido2Methods`: registers a passkey for a user.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::call::Call;
use super::ceremony::{self, Credential};
use super::challenge::Refused;
use super::encoding;
use super::error::GraphError;
use super::methods::{Method, NotStored};
use super::passkeys::entity;
use super::preconditions::{check_policy, user};
use super::submission::Submission;
use crate::factory::authenticators;
use crate::ground::directory::User;

/// Name of the audit activity. // inferred: for a registration by an application.
const ACTIVITY: &str = "Admin registered security info";

/// Registers a passkey, and writes an audit record of success or failure.
pub(super) fn post(call: &Call, key: &str) -> Result<Response, GraphError> {
    let user = user(call, key)?;
    let outcome = register(call, &user);
    let reason = match &outcome {
        Ok(_) => "Admin registered Fido2 Authentication Method".to_owned(),
        Err(error) => error.message.clone(),
    };
    call.audit(ACTIVITY, &user, outcome.is_ok(), &reason);
    Ok((StatusCode::CREATED, entity(call, key, &outcome?)).into_response())
}

fn register(call: &Call, user: &User) -> Result<Method, GraphError> {
    let graph = &call.graph;
    let settings = graph.settings.get();
    let submission = Submission::read(&call.body, settings.root_odata_type_refused)?;
    check_policy(call)?;
    if !user.account_enabled {
        // The sandbox's own text. It is not public whether Graph refuses this.
        return Err(GraphError::bad_request("The user's account is disabled."));
    }
    let challenge = ceremony::challenge(&submission.client_data)?;
    let sealed = graph.challenges.open(&challenge, user.id, call.ids.at).map_err(challenge_refused)?;
    let policy = graph.policy.get();
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
    // After the registration succeeded, so that a failed one can be retried with the same challenge.
    if settings.challenge_single_use {
        graph.challenges.mark_used(sealed);
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
        model: authenticators::model(credential.aaguid).map(str::to_owned),
        certificates: credential.certificates,
        attested: credential.attested,
        credential_id: credential.id,
        public_key: credential.public_key,
        sign_count: credential.sign_count,
        backup_eligible: credential.backup_eligible,
    }
}

/// Maps a refused challenge to an error. The texts are the sandbox's own.
fn challenge_refused(reason: Refused) -> GraphError {
    GraphError::bad_request(match reason {
        Refused::TokenError => "The challenge in the client data was not issued by this service.",
        Refused::OtherUser => "The challenge in the client data was issued for another user.",
        Refused::Expired => "The challenge in the client data has expired.",
        Refused::Used => "The challenge in the client data was used before.",
    })
}
