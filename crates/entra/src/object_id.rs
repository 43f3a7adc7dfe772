//! Object id of a user, if the connector may read users.

use std::sync::PoisonError;

use keyferry_domain::user::ObjectId;
use keyferry_domain::{Failure, Operation, UserRef};
use serde::Deserialize;

use crate::failures::FAILURES;
use crate::graph::GraphError;
use crate::{Entra, graph};

#[derive(Deserialize)]
struct User {
    id: String,
}

/// Returns the object id, or `None` if the application may not read users.
///
/// The only permission in the guide does not allow it. After a denial, Graph is not called again with the same token.
pub(crate) async fn get(entra: &Entra, user: &UserRef) -> Result<Option<ObjectId>, Failure> {
    const OPERATION: Operation = Operation::ReadUser;
    if let UserRef::ObjectId(id) = user {
        return Ok(Some(*id));
    }
    let without_directory = || entra.without_directory.lock().unwrap_or_else(PoisonError::into_inner);
    let token = entra.tokens.token().await?;
    if without_directory().as_ref().is_some_and(|denied| denied.is_same(&token)) {
        return Ok(None);
    }
    let answer = entra.get_directory(user, &[], "id", OPERATION).await?;
    match answer.status {
        200 => {
            let found: User = answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))?;
            let id = ObjectId::parse(&found.id);
            id.map(Some).ok_or_else(|| graph::not_understood(&answer, OPERATION, "expected a UUID in the user's id"))
        }
        403 if GraphError::of(&answer).is(&["Authorization_RequestDenied", "accessDenied"]) => {
            tracing::info!("Graph denied reading users; object ids remain unknown");
            *without_directory() = Some(token);
            Ok(None)
        }
        404 => Err(graph::no_such_user(&answer, OPERATION, user)),
        _ => Err(graph::failure(&answer, OPERATION)),
    }
}
