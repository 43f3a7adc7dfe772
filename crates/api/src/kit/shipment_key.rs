//! Shipment id in a path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::problem::Problem;

/// Longest id accepted, in bytes. Keyferry's ids have 36 characters, the delivery service's about 22.
const LONGEST: usize = 128;

/// Id of a shipment: Keyferry's or the delivery service's. Text that cannot be an id is rejected with 404.
pub(crate) struct ShipmentKey(pub(crate) String);

/// Returns whether `text` can be an id of the delivery service, which does not document the form of its ids.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl<S: Send + Sync> FromRequestParts<S> for ShipmentKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(id)) if is_id(&id) => Ok(Self(id)),
            Ok(Path(id)) => Err(Problem::unknown_shipment(&id.chars().take(LONGEST).collect::<String>())),
            Err(_) => Err(Problem::unknown_shipment("the id in the path is not valid UTF-8")),
        }
    }
}
