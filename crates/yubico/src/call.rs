//! Authenticated calls to the delivery service's API.

use std::sync::Arc;

use keyferry_domain::{Failure, FailureKind, Operation, Party, SecretBytes};
use keyferry_http::{Answer, Request, SecretSource};

use crate::failures::DELIVERY_SERVICE;
use crate::wire::Problem;

const PARTY: Party = Party::DeliveryService;

/// Sends requests to the delivery service with the API token as bearer token (RFC 6750).
pub(crate) struct Caller {
    token: Arc<dyn SecretSource>,
}

impl Caller {
    pub(crate) fn new(token: Arc<dyn SecretSource>) -> Self {
        Self { token }
    }

    /// Sends the request and returns the 2xx response.
    ///
    /// After a 401 response, reads the token again. If it changed, builds the request again and sends it once more. A
    /// 401 never has an effect, so this repeats no order.
    ///
    /// # Errors
    /// Fails when the token cannot be read or sent, when no response arrives, and for any status other than 2xx.
    pub(crate) async fn send(&self, operation: Operation, request: impl Fn() -> Request) -> Result<Answer, Failure> {
        let token = self.token.secret().await?;
        let mut answer = send_with(&token, operation, &request).await?;
        if answer.status == 401 {
            self.token.refused(&token);
        }
        if answer.status == 401
            && let Ok(newer) = self.token.secret().await
            && newer.expose() != token.expose()
        {
            tracing::info!(
                client_request_id = %answer.correlation,
                "delivery service refused API token; retrying with newer token"
            );
            answer = send_with(&newer, operation, &request).await?;
        }
        if answer.is_success() { Ok(answer) } else { Err(refusal(&answer, operation)) }
    }
}

async fn send_with(
    token: &SecretBytes,
    operation: Operation,
    request: impl Fn() -> Request,
) -> Result<Answer, Failure> {
    let token = text(token).ok_or_else(|| {
        let message =
            "the delivery service's API token is empty or is not printable ASCII; set it exactly as the console shows \
             it";
        Failure::new(&DELIVERY_SERVICE, operation, FailureKind::Found("token-not-text"), message)
    })?;
    request()
        .about(PARTY, operation)
        .bearer(token)
        .send()
        .await
        .map_err(|error| error.into_failure(&DELIVERY_SERVICE, operation))
}

fn text(token: &SecretBytes) -> Option<&str> {
    let text = std::str::from_utf8(token.expose()).ok()?.trim();
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(text)
}

/// Returns the failure for a response other than 2xx.
///
/// The failure carries the delivery service's own message if there is one, because callers of our API see it.
fn refusal(answer: &Answer, operation: Operation) -> Failure {
    let problem = Problem::parse(answer.body());
    let message = problem.message.unwrap_or_else(|| {
        let code = problem.code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
        format!("the delivery service returned status {}{code} without a message", answer.status)
    });
    let failure = answer.failure(&DELIVERY_SERVICE, operation, problem.code, message);
    // 307 and 308 mean that the request was not processed. Any other redirect may follow an order that was accepted.
    let redirected = matches!(answer.status, 300..=306 | 309..=399);
    if redirected && operation == Operation::Order { failure.with_unknown_effect() } else { failure }
}
