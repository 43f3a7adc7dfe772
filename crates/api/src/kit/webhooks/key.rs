//! Id of a webhook in a path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use keyferry_domain::{MessageId, WebhookId};

use super::problem::unknown;
use crate::kit::problem::Problem;

/// Id of a webhook, from the path.
pub(crate) struct WebhookKey(pub(crate) WebhookId);

impl<S: Send + Sync> FromRequestParts<S> for WebhookKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = Path::<String>::from_request_parts(parts, state).await.ok();
        id.and_then(|Path(id)| WebhookId::parse(&id)).map(Self).ok_or_else(unknown)
    }
}

/// Parses the id of a message.
pub(crate) fn message_id(text: &str) -> Option<MessageId> {
    MessageId::parse(text)
}
