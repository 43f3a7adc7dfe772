//! Directory entry of a user, with the user's manager (<https://learn.microsoft.com/graph/api/user-list-manager>).

use keyferry_domain::{DirectoryEntry, Failure, Operation, UserRef};

use crate::Entra;
use crate::user_object::{UserObject, failure};

const SELECT: &str = "$select=id,displayName,mail,userPrincipalName";

/// Returns the entry of the user, and of the user's manager if requested, in one call.
///
/// With two calls, the manager could be that of another user: nothing in the response to `/users/{id}/manager` names
/// the user.
pub(crate) async fn get(entra: &Entra, user: &UserRef, with_manager: bool) -> Result<DirectoryEntry, Failure> {
    let (query, operation) = if with_manager {
        (format!("{SELECT}&$expand=manager($select=id,displayName,mail)"), Operation::ReadManager)
    } else {
        (SELECT.to_owned(), Operation::ReadUser)
    };
    let answer = entra.get_user(user, &query, operation).await?;
    if answer.status != 200 {
        return Err(failure(&answer, operation, user));
    }
    let mut found = UserObject::read(entra, &answer, operation, user)?;
    let manager = found.manager.take().map(|manager| manager.into_person());
    Ok(DirectoryEntry { person: found.into_person(), manager })
}
