//! Calls with an access token.

use keyferry_domain::{Failure, FailureTable, Operation};
use keyferry_http::{Answer, Request};

use crate::token::TokenSource;

/// Sends the request with a token. If the resource returns 401, drops the token and sends the request once more with a
/// new one. The repetition is safe, because a request refused with 401 had no effect. `table` classifies failures.
///
/// # Errors
/// Fails when no token can be obtained or no response is received. A response of any status, including a second 401, is
/// `Ok`.
pub async fn send_authorized(
    tokens: &dyn TokenSource,
    table: &FailureTable,
    operation: Operation,
    request: impl Fn() -> Request,
) -> Result<Answer, Failure> {
    let token = tokens.token().await?;
    let answer = request()
        .about(table.party(), operation)
        .bearer(token.expose())
        .send()
        .await
        .map_err(|error| error.into_failure(table, operation))?;
    if answer.status != 401 {
        return Ok(answer);
    }
    tracing::info!(
        party = %table.party(),
        client_request_id = %answer.correlation,
        "access token refused; retrying with a new token"
    );
    tokens.invalidate(&token);
    let token = tokens.token().await?;
    request()
        .about(table.party(), operation)
        .bearer(token.expose())
        .send()
        .await
        .map_err(|error| error.into_failure(table, operation))
}
