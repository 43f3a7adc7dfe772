//! Account of a user, if the connector may read users.

use std::sync::PoisonError;

use keyferry_domain::{Account, Failure, Operation, UserRef};

use crate::graph::GraphError;
use crate::user_object::{UserObject, failure};
use crate::{Entra, graph};

/// Selections of properties, from the one that needs the most permissions to the one that needs the fewest.
/// `accountEnabled` and `userType` are not among the basic properties that `User.ReadBasic.All` covers.
const SELECTIONS: [&str; 2] = ["$select=id,userPrincipalName,accountEnabled,userType", "$select=id,userPrincipalName"];

/// Returns the account, or `None` if the application may not read users.
///
/// The only permission in the guide does not allow it. After a denial, Graph is not called again for the same
/// properties with the same token.
pub(crate) async fn get(entra: &Entra, user: &UserRef) -> Result<Option<Account>, Failure> {
    const OPERATION: Operation = Operation::ReadUser;
    let denied = || entra.denied_selections.lock().unwrap_or_else(PoisonError::into_inner);
    let token = entra.tokens.token().await?;
    let first = denied().as_ref().filter(|(of, _)| of.is_same(&token)).map_or(0, |(_, count)| *count);
    for (index, selection) in SELECTIONS.iter().enumerate().skip(first) {
        let answer = entra.get_user(user, selection, OPERATION).await?;
        match answer.status {
            200 => {
                let found = UserObject::read(entra, &answer, OPERATION, user)?;
                let id = found.object_id();
                let id =
                    id.ok_or_else(|| graph::not_understood(&answer, OPERATION, "expected a UUID in the user's id"))?;
                let enabled = found.account_enabled;
                let guest = found.user_type.as_deref().map(|kind| kind.eq_ignore_ascii_case("Guest"));
                let user_name = found.user_principal_name.unwrap_or_default();
                return Ok(Some(Account { id, user_name, enabled, guest }));
            }
            403 if GraphError::of(&answer).is(&["Authorization_RequestDenied", "accessDenied"]) => {
                tracing::info!(selection, "Graph denied reading these properties of users; they remain unknown");
                *denied() = Some((token.clone(), index + 1));
            }
            _ => return Err(failure(&answer, OPERATION, user)),
        }
    }
    Ok(None)
}
