//! A call with an access token.

use keyferry_domain::{Failure, Operation, Party};
use keyferry_http::{Answer, Request};

use crate::token::TokenSource;

/// Sends the request with a token. If the resource returns 401, drops the token and sends the request once more with a
/// new one: a request that was refused with 401 had no effect.
///
/// # Errors
/// When no token can be obtained or no response arrives. A response of any status, including a second 401, is `Ok`.
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
