//! Directory entry of a user (<https://learn.microsoft.com/graph/api/user-get>).

use keyferry_domain::user::ObjectId;
use keyferry_domain::{EmailAddress, Failure, Operation, Person, UserRef};
use keyferry_http::Answer;
use serde::Deserialize;

use crate::failures::FAILURES;
use crate::{Entra, graph};

pub(crate) const SELECT: &str = "id,displayName,mail,userPrincipalName";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: Option<String>,
    display_name: Option<String>,
    mail: Option<String>,
}

/// Returns the directory entry of a user.
pub(crate) async fn get(entra: &Entra, user: &UserRef) -> Result<Person, Failure> {
    const OPERATION: Operation = Operation::ReadUser;
    let answer = entra.get_directory(user, &[], SELECT, OPERATION).await?;
    match answer.status {
        200 => read(&answer, OPERATION),
        404 => Err(graph::no_such_user(&answer, OPERATION, user)),
        _ => Err(graph::failure(&answer, OPERATION)),
    }
}

/// Reads a user or a contact from a response. An invalid mail address counts as missing.
pub(crate) fn read(answer: &Answer, operation: Operation) -> Result<Person, Failure> {
    let entry: Entry = answer.json().map_err(|error| error.into_failure(&FAILURES, operation))?;
    Ok(Person {
        id: entry.id.as_deref().and_then(ObjectId::parse),
        display_name: entry.display_name.filter(|name| !name.trim().is_empty()),
        mail: entry.mail.and_then(|mail| EmailAddress::parse(mail.trim()).ok()),
    })
}
