//! Directory entry of a user, with the user's manager (<https://learn.microsoft.com/graph/api/user-list-manager>).

use std::sync::PoisonError;

use keyferry_domain::{DirectoryEntry, Failure, Operation, UserRef};

use crate::Entra;
use crate::graph::GraphError;
use crate::user_object::{UserObject, failure};

/// Basic properties, which `User.ReadBasic.All` covers, too.
const BASIC: &str = "$select=id,displayName,mail,userPrincipalName";

/// With all addresses of the user, whether the account is enabled, and the language.
const ADDRESSES: &str = "$select=id,displayName,mail,userPrincipalName,otherMails,proxyAddresses,accountEnabled,\
                         preferredLanguage";

/// inferred: a manager who is a contact has no `accountEnabled` and no `preferredLanguage`, and the selection is
/// allowed all the same.
const MANAGER: &str = "$expand=manager($select=id,displayName,mail,accountEnabled,preferredLanguage)";

/// Returns the entry of the user, and of the user's manager if requested, in one call.
///
/// With two calls, the manager could be that of another user: nothing in the response to `/users/{id}/manager` names
/// the user.
pub(crate) async fn get(entra: &Entra, user: &UserRef, with_manager: bool) -> Result<DirectoryEntry, Failure> {
    // The manager requires the same permission as the addresses.
    let (query, operation) = match with_manager {
        true => (format!("{ADDRESSES}&{MANAGER}"), Operation::ReadManager),
        false => (ADDRESSES.to_owned(), Operation::ReadUser),
    };
    let denied = || entra.denied_selections.lock().unwrap_or_else(PoisonError::into_inner);
    let denied_manager = || entra.denied_manager.lock().unwrap_or_else(PoisonError::into_inner);
    let token = entra.tokens.token().await?;
    if with_manager && let Some((_, denial)) = denied_manager().as_ref().filter(|(of, _)| of.is_same(&token)) {
        return Err(denial.clone());
    }
    let is_denied = denied().as_ref().is_some_and(|(of, count)| of.is_same(&token) && *count > 0);
    let query = if is_denied && !with_manager { BASIC.to_owned() } else { query };
    let mut answer = entra.get_user(user, &query, operation).await?;
    let refused = answer.status == 403 && GraphError::of(&answer).is(&["Authorization_RequestDenied", "accessDenied"]);
    if refused && with_manager {
        let denial = failure(&answer, operation, user);
        *denied_manager() = Some((token, denial.clone()));
        return Err(denial);
    }
    if refused && !is_denied {
        // Not requested again with this token: the selections of accounts need the same permissions.
        *denied() = Some((token, 1));
        answer = entra.get_user(user, BASIC, operation).await?;
    }
    if answer.status != 200 {
        return Err(failure(&answer, operation, user));
    }
    let mut found = UserObject::read(entra, &answer, operation, user)?;
    let manager = found.manager.take().map(|manager| manager.into_person());
    Ok(DirectoryEntry { person: found.into_person(), manager })
}
