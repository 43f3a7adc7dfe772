//! Calls to the delivery API with its token.

use std::sync::Arc;

use keyferry_domain::{Failure, FailureKind, Operation, Party, SecretBytes};
use keyferry_http::{Answer, Request, SecretSource};

use crate::failures::DELIVERY_SERVICE;
use crate::wire::Problem;

const PARTY: Party = Party::DeliveryService;

/// Sends requests with the API token.
pub(crate) struct Caller {
    token: Arc<dyn SecretSource>,
}

impl Caller {
    pub(crate) fn new(token: Arc<dyn SecretSource>) -> Self {
        Self { token }
    }

    /// Sends the request; the answer is a 2xx. After a 401, which certainly had no effect, it is made and sent once
    /// more if the token has been replaced in the meantime.
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
            tracing::info!(client_request_id = %answer.correlation, "the API token was refused; it has been replaced, trying the new one");
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
            "the delivery API's token is empty or not ASCII text; expected the token as the console showed it";
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

/// The failure of an answer that is not 2xx. Its message is the service's own where it gave one, since callers of the
/// API get to see it.
fn refusal(answer: &Answer, operation: Operation) -> Failure {
    let problem = Problem::parse(answer.body());
    let message = problem.message.unwrap_or_else(|| {
        let code = problem.code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
        format!("the delivery service answered {}{code} and gave no reason", answer.status)
    });
    let failure = answer.failure(&DELIVERY_SERVICE, operation, problem.code, message);
    // 307 and 308 say that the request was not carried out; another redirect may be the answer to one that was.
    let redirected = matches!(answer.status, 300..=306 | 309..=399);
    if redirected && operation == Operation::Order { failure.with_unknown_effect() } else { failure }
}
