//! Passkeys of a user: registration and lookup.

use keyferry_domain::{Aaguid, CredentialId, Failure, NewCredential, Operation, RegisteredMethod, UserRef};
use keyferry_http::Answer;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::failures::FAILURES;
use crate::graph::GraphError;
use crate::{Entra, graph};

/// Request body of <https://learn.microsoft.com/graph/api/authentication-post-fido2methods>. It has no `@odata.type`,
/// because Graph beta refuses it, although the example in the documentation has it (observed 2024-12).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    display_name: &'a str,
    public_key_credential: PublicKeyCredential<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PublicKeyCredential<'a> {
    id: String,
    response: Response<'a>,
    client_extension_results: &'a Map<String, Value>,
}

#[derive(Serialize)]
struct Response<'a> {
    #[serde(rename = "clientDataJSON")]
    client_data_json: &'a str,
    #[serde(rename = "attestationObject")]
    attestation_object: &'a str,
}

#[derive(Deserialize)]
struct Method {
    id: String,
    #[serde(rename = "displayName")]
    display_name: Option<String>,
    #[serde(rename = "aaGuid", alias = "aaguid")]
    aaguid: Option<String>,
}

/// Returns Graph's id of a passkey: the credential id in base64url, followed by the number of omitted padding
/// characters (.NET's `UrlTokenEncode`).
///
/// observed: in captures of the beta API; not documented.
pub fn method_id(credential: &CredentialId) -> String {
    let text = credential.to_base64url();
    let padding = (4 - text.len() % 4) % 4;
    format!("{text}{padding}")
}

/// Returns whether `id` identifies this credential, in any of the base64 forms that Graph uses.
fn is_of(id: &str, credential: &CredentialId) -> bool {
    let id = id.trim_end_matches('=').replace('+', "-").replace('/', "_");
    id == credential.to_base64url() || id == method_id(credential)
}

/// Registers a credential. If the response is lost, or names another credential, the effect is unknown: use [`find`] to
/// check.
pub(crate) async fn create(
    entra: &Entra,
    user: &UserRef,
    credential: &NewCredential,
) -> Result<RegisteredMethod, Failure> {
    const OPERATION: Operation = Operation::Register;
    let path = ["authentication", "fido2Methods"];
    let url = entra.user_url(&entra.settings.api_version, user, &path, OPERATION)?;
    let body = Body {
        display_name: &credential.display_name,
        public_key_credential: PublicKeyCredential {
            id: credential.credential_id.to_base64url(),
            response: Response {
                client_data_json: &credential.client_data_json,
                attestation_object: &credential.attestation_object,
            },
            client_extension_results: &credential.client_extension_results,
        },
    };
    let answer = entra.send(OPERATION, |http| http.post(&url).json(&body).unlimited_wait()).await?;
    if !answer.is_success() {
        return Err(graph::failure(&answer, OPERATION));
    }
    read(entra, &answer, OPERATION, &credential.credential_id)
}

/// Looks up a passkey by its computed id. Returns `None` if the user has no such passkey.
///
/// # Errors
/// Fails if the user does not exist, as far as Graph reports that.
pub(crate) async fn find(
    entra: &Entra,
    user: &UserRef,
    credential: &CredentialId,
) -> Result<Option<RegisteredMethod>, Failure> {
    const OPERATION: Operation = Operation::FindMethod;
    let path = ["authentication", "fido2Methods", &method_id(credential)];
    let url = entra.user_url(&entra.settings.api_version, user, &path, OPERATION)?;
    let answer = entra.send(OPERATION, |http| http.get(&url).unlimited_wait()).await?;
    match answer.status {
        200 => read(entra, &answer, OPERATION, credential).map(Some),
        404 => {
            // inferred: for an unknown user, the error is that of the directory and quotes the user's name.
            let error = GraphError::of(&answer);
            if error.is(&["Request_ResourceNotFound"]) && error.states_missing(&user.to_string()) {
                return Err(graph::no_such_user(&answer, OPERATION, user));
            }
            Ok(None)
        }
        _ => Err(graph::failure(&answer, OPERATION)),
    }
}

/// Reads the method of this credential.
fn read(
    entra: &Entra,
    answer: &Answer,
    operation: Operation,
    credential: &CredentialId,
) -> Result<RegisteredMethod, Failure> {
    let method: Method = answer.json().map_err(|error| error.into_failure(&FAILURES, operation))?;
    if method.id.is_empty() {
        return Err(graph::not_understood(answer, operation, "expected the id of the authentication method"));
    }
    if !is_of(&method.id, credential) {
        let what = format!("expected the authentication method of the credential {credential}, but got {}", method.id);
        return Err(entra.foreign_answer(answer, operation, what));
    }
    let aaguid = method.aaguid.and_then(|text| text.parse::<Aaguid>().ok());
    Ok(RegisteredMethod {
        id: method.id,
        display_name: method.display_name,
        aaguid,
        correlation: Some(answer.correlation.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_ids_in_any_base64_form() {
        let credential = CredentialId::from_bytes(vec![0xfb; 16]);
        for id in ["-_v7-_v7-_v7-_v7-_v7-w2", "-_v7-_v7-_v7-_v7-_v7-w", "+/v7+/v7+/v7+/v7+/v7+w=="] {
            assert!(is_of(id, &credential), "{id}");
        }
        for id in ["", "2", "-_v7-_v7-_v7-_v7-_v7-w1", "-_v7-_v7-_v7-_v7-_v7-A2", "-_v7"] {
            assert!(!is_of(id, &credential), "{id}");
        }
    }

    #[test]
    fn method_id_is_credential_id_with_padding_count() {
        for (length, digit) in [(16, '2'), (32, '1'), (48, '0'), (64, '2')] {
            let credential = CredentialId::from_bytes(vec![7; length]);
            assert_eq!(method_id(&credential), format!("{credential}{digit}"));
        }
        // From a public capture.
        let captured = CredentialId::from_base64url("2_4Vb6SXwGtpyc0Tt7rUavuKfLLXk9QYIKTfco9RguI").unwrap();
        assert_eq!(method_id(&captured), "2_4Vb6SXwGtpyc0Tt7rUavuKfLLXk9QYIKTfco9RguI1");
    }
}
