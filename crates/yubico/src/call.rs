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
        let answer = self.exchange(operation, request).await?;
        if answer.is_success() { Ok(answer) } else { Err(refusal(&answer, operation)) }
    }

    /// Sends the request like [`Self::send`], and returns the response with any status.
    ///
    /// # Errors
    /// Fails when the token cannot be read or sent, and when no response arrives.
    pub(crate) async fn exchange(
        &self,
        operation: Operation,
        request: impl Fn() -> Request,
    ) -> Result<Answer, Failure> {
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
        Ok(answer)
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
pub(crate) fn refusal(answer: &Answer, operation: Operation) -> Failure {
    let Problem { code, message, is_own } = Problem::parse(answer.body());
    let status = answer.status;
    let in_doubt = operation == Operation::Order && may_follow_an_accepted_order(status, is_own);
    let message = match message {
        Some(message) if in_doubt && !is_own => format!("{}: {message}", foreign(status)),
        Some(message) => message,
        None if in_doubt => foreign(status),
        None => {
            let code = code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
            format!("the delivery service returned status {status}{code} without a message")
        }
    };
    let failure = answer.failure(&DELIVERY_SERVICE, operation, code, message);
    if in_doubt { failure.with_unknown_effect() } else { failure }
}

fn foreign(status: u16) -> String {
    format!("status {status} was not returned in the delivery service's form; a gateway may have sent it")
}

/// Returns whether an order may exist although its response has a 3xx or 4xx status. `is_own` states whether the body
/// has the delivery service's own form.
///
/// A refusal is certain only if the delivery service itself says so, in its own form. A gateway between can answer, for
/// example with the page of a filter, after the order was accepted behind it.
fn may_follow_an_accepted_order(status: u16, is_own: bool) -> bool {
    match status {
        // The request was not processed (RFC 9110 sections 15.4.8, 15.4.9 and 15.5.2, RFC 6585 section 4). The
        // reference documents 401 for an invalid token, but no body, so its form proves nothing.
        307 | 308 | 401 | 429 => false,
        300..=399 => true,
        // This includes 413 and 431, although they probably precede the order.
        400..=499 => !is_own,
        // The effect of a 5xx is unknown in any case.
        _ => false,
    }
}
