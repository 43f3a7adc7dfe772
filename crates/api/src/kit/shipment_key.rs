//! The shipment id in a path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::problem::Problem;

/// Longer than any id: ours have 36 characters, the delivery service's about 22.
const LONGEST: usize = 128;

/// An id of a shipment, ours or the delivery service's. What could not be one is an unknown shipment.
pub(crate) struct ShipmentKey(pub(crate) String);

/// Whether a text could be an id of the delivery service, which documents no form.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl<S: Send + Sync> FromRequestParts<S> for ShipmentKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(id)) if is_id(&id) => Ok(Self(id)),
            Ok(Path(id)) => Err(Problem::unknown_shipment(&id.chars().take(LONGEST).collect::<String>())),
            Err(_) => Err(Problem::unknown_shipment("of such a name")),
        }
    }
}
