//! Search for users by the start of a name (<https://learn.microsoft.com/graph/api/user-list>).

use keyferry_azure_identity::send_authorized;
use keyferry_domain::{Failure, FoundUser, Operation};
use keyferry_http::clean;
use serde::Deserialize;
use url::form_urlencoded;

use crate::failures::FAILURES;
use crate::graph::DIRECTORY;
use crate::user_object::UserObject;
use crate::{Entra, graph};

const OPERATION: Operation = Operation::ReadUser;

/// Properties that Graph can filter by their start without advanced query parameters
/// (<https://learn.microsoft.com/graph/aad-advanced-queries#user-properties>). All of them are basic ones.
const SEARCHED: [&str; 5] = ["displayName", "givenName", "surname", "userPrincipalName", "mail"];

/// Longest text that is searched, in characters. No name of a user is longer.
const LONGEST: usize = 113;

#[derive(Deserialize)]
struct Users {
    value: Vec<UserObject>,
}

/// Returns up to `limit` users, in Graph's order. A user without a readable id or name is left out.
pub(crate) async fn get(entra: &Entra, text: &str, limit: usize) -> Result<Vec<FoundUser>, Failure> {
    let text: String = text.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if text.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    // OData doubles a quotation mark inside a string (OData 4.01 ABNF, `SQUOTE-in-string`).
    let text = text.replace('\'', "''");
    let filter = SEARCHED.map(|property| format!("startswith({property},'{text}')")).join(" or ");
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("$select", "id,displayName,userPrincipalName,mail")
        .append_pair("$filter", &filter)
        .append_pair("$top", &limit.to_string())
        .finish()
        // inferred: a space is written as `%20` in OData, not as `+`.
        .replace('+', "%20");
    let url = entra.url(&[DIRECTORY, "users"], &query, OPERATION)?;
    let request = || entra.clients.directory.get(&url);
    let answer = send_authorized(entra.tokens.as_ref(), &FAILURES, OPERATION, request).await?;
    if answer.status != 200 {
        return Err(graph::failure(&answer, OPERATION));
    }
    let found: Users = answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))?;
    let users = found.value.into_iter().filter_map(|mut user| {
        let (id, user_name) = (user.object_id()?, user.user_principal_name.take()?);
        let person = user.into_person();
        Some(FoundUser { id, user_name: clean(&user_name), display_name: person.display_name, mail: person.mail })
    });
    Ok(users.take(limit).collect())
}
