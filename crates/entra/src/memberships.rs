//! Group memberships of a user (<https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups>).

use keyferry_azure_identity::send_authorized;
use keyferry_domain::{Failure, ObjectId, Operation, UserRef};
use serde::Deserialize;
use serde_json::json;

use crate::failures::FAILURES;
use crate::graph::DIRECTORY;
use crate::{Entra, user_object};

/// Groups per call, as documented.
const MOST: usize = 20;

#[derive(Deserialize)]
struct Answered {
    value: Vec<String>,
}

/// Returns those of `groups` that the user is a member of, directly or through other groups. One call for each 20
/// groups.
///
/// inferred: Graph ignores ids of groups that do not exist. `keyferry doctor` reports them.
pub(crate) async fn get(entra: &Entra, user: &UserRef, groups: &[ObjectId]) -> Result<Vec<ObjectId>, Failure> {
    const OPERATION: Operation = Operation::ReadGroups;
    let url = entra.user_url(DIRECTORY, user, &["checkMemberGroups"], OPERATION)?;
    let mut found = Vec::new();
    for some in groups.chunks(MOST) {
        let body = json!({"groupIds": some.iter().map(ToString::to_string).collect::<Vec<_>>()});
        // It only reads, so a lost answer has no effect.
        let request = || entra.clients.directory.post(&url).json(&body).idempotent(true);
        let answer = send_authorized(entra.tokens.as_ref(), &FAILURES, OPERATION, request).await?;
        if answer.status != 200 {
            return Err(user_object::failure(&answer, OPERATION, user));
        }
        let ids: Answered = answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))?;
        for id in ids.value {
            let group = ObjectId::parse(&id).filter(|group| some.contains(group)).ok_or_else(|| {
                entra.foreign_answer(&answer, OPERATION, format!("asked about other groups than {id:?}"))
            })?;
            found.push(group);
        }
    }
    Ok(found)
}
