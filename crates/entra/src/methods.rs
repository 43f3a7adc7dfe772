//! Passkeys that a user has: list (<https://learn.microsoft.com/graph/api/fido2authenticationmethod-list>) and deletion
//! (<https://learn.microsoft.com/graph/api/fido2authenticationmethod-delete>).

use chrono::{DateTime, Utc};
use keyferry_domain::text::is_blank;
use keyferry_domain::{Failure, HeldMethod, MethodDeletion, Operation, UserRef};
use keyferry_http::{Answer, clean, encode_segment};
use serde::Deserialize;

use crate::failures::FAILURES;
use crate::graph::GraphError;
use crate::{Entra, graph};

#[derive(Deserialize)]
struct Listed {
    value: Vec<Method>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Method {
    id: String,
    display_name: Option<String>,
    #[serde(alias = "aaguid")]
    aa_guid: Option<String>,
    model: Option<String>,
    /// observed: `createdDateTime`; older documentation has `creationDateTime`.
    #[serde(alias = "creationDateTime")]
    created_date_time: Option<DateTime<Utc>>,
}

/// Lists the passkeys of a user. Graph returns all at once.
pub(crate) async fn list(entra: &Entra, user: &UserRef) -> Result<Vec<HeldMethod>, Failure> {
    const OPERATION: Operation = Operation::ListMethods;
    let url = entra.user_url(&entra.settings.api_version, user, &["authentication", "fido2Methods"], OPERATION)?;
    let answer = entra.send(OPERATION, |http| http.get(&url)).await?;
    match answer.status {
        200 => {
            let listed: Listed = answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))?;
            listed.value.into_iter().map(|method| held(&answer, method)).collect()
        }
        // inferred: the collection exists for every user, so this is about the user.
        404 => Err(graph::no_such_user(&answer, OPERATION, user)),
        _ => Err(graph::failure(&answer, OPERATION)),
    }
}

fn held(answer: &Answer, method: Method) -> Result<HeldMethod, Failure> {
    if method.id.is_empty() {
        let what = "expected the id of each authentication method";
        return Err(graph::not_understood(answer, Operation::ListMethods, what));
    }
    // Users choose these names.
    let text = |text: Option<String>| text.filter(|text| !is_blank(text)).map(|text| clean(&text));
    Ok(HeldMethod {
        id: method.id,
        display_name: text(method.display_name),
        aaguid: method.aa_guid.and_then(|text| text.parse().ok()),
        model: text(method.model),
        created_at: method.created_date_time,
    })
}

/// Deletes a passkey of a user. A 404 that is not about the user means that it was deleted before.
pub(crate) async fn delete(entra: &Entra, user: &UserRef, method_id: &str) -> Result<MethodDeletion, Failure> {
    let path = ["authentication", "fido2Methods", &encode_segment(method_id)];
    delete_at(entra, &entra.settings.api_version, user, &path, Operation::DeleteMethod).await
}

/// Deletes the authentication method of a user at this path.
pub(crate) async fn delete_at(
    entra: &Entra,
    version: &str,
    user: &UserRef,
    path: &[&str],
    operation: Operation,
) -> Result<MethodDeletion, Failure> {
    let url = entra.user_url(version, user, path, operation)?;
    let answer = entra.send(operation, |http| http.delete(&url)).await?;
    let existed = match answer.status {
        status if (200..300).contains(&status) => true,
        404 => {
            // inferred: as for a look-up, the directory's error quotes the name of an unknown user.
            let error = GraphError::of(&answer);
            if error.is(&["Request_ResourceNotFound"]) && error.states_missing(&user.to_string()) {
                return Err(graph::no_such_user(&answer, operation, user));
            }
            false
        }
        _ => return Err(graph::failure(&answer, operation)),
    };
    Ok(MethodDeletion { existed, correlation: Some(answer.correlation.clone()) })
}
