//! A user's manager (<https://learn.microsoft.com/graph/api/user-list-manager>).

use keyferry_domain::{Failure, Operation, Person, UserRef};

use crate::graph::GraphError;
use crate::{Entra, graph, person};

/// Returns the manager, or `None` if the user has no manager.
///
/// Graph returns 404 with the same code for a user without manager and for an unknown user. The resource quoted in the
/// error text distinguishes them. If the text has another form, a second call checks whether the user exists.
pub(crate) async fn get(entra: &Entra, user: &UserRef) -> Result<Option<Person>, Failure> {
    const OPERATION: Operation = Operation::ReadManager;
    let answer = entra.get_directory(user, &["manager"], person::SELECT, OPERATION).await?;
    match answer.status {
        200 => person::read(&answer, OPERATION).map(Some),
        404 => {
            let error = GraphError::of(&answer);
            if error.states_missing("manager") {
                return Ok(None);
            }
            if !error.states_missing(&user.to_string()) {
                let user_entry = entra.get_directory(user, &[], "id", OPERATION).await?;
                match user_entry.status {
                    200 => return Ok(None),
                    404 => {}
                    _ => return Err(graph::failure(&user_entry, OPERATION)),
                }
            }
            Err(graph::no_such_user(&answer, OPERATION, user))
        }
        _ => Err(graph::failure(&answer, OPERATION)),
    }
}
