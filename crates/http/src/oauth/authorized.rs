//! A call with an access token.

use keyferry_domain::{Failure, Operation, Party};

use super::TokenSource;
use crate::{Answer, Request};

/// Sends the request with a token. When the resource answers 401, the token is dropped, and the request is made and
/// sent once more with a fresh one: a 401 had no effect.
///
/// # Errors
/// When no token can be had, or no answer comes. An answer of any status, a second 401 too, is `Ok`.
pub async fn send_authorized(
    tokens: &dyn TokenSource,
    party: Party,
    operation: Operation,
    request: impl Fn() -> Request,
) -> Result<Answer, Failure> {
    let token = tokens.token().await?;
    let answer = request()
        .about(party, operation)
        .bearer(token.expose())
        .send()
        .await
        .map_err(|error| error.into_failure(party, operation))?;
    if answer.status != 401 {
        return Ok(answer);
    }
    tracing::info!(%party, client_request_id = %answer.correlation, "the access token was refused; getting a new one");
    tokens.invalidate(&token);
    let token = tokens.token().await?;
    request()
        .about(party, operation)
        .bearer(token.expose())
        .send()
        .await
        .map_err(|error| error.into_failure(party, operation))
}
