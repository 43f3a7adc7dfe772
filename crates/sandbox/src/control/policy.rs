//! FIDO2 policy.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};

use super::merged::merged;
use super::refused::Refused;
use crate::ground::policy::Policy;
use crate::ground::shared::Shared;

/// Returns the policy.
pub(super) async fn read(State(policy): State<Arc<Shared<Policy>>>) -> Json<Policy> {
    Json(policy.get())
}

/// Changes the given members of the policy.
pub(super) async fn change(
    State(policy): State<Arc<Shared<Policy>>>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<Policy>, Refused> {
    let changed: Policy = merged(&policy.get(), change)?;
    policy.set(changed.clone());
    Ok(Json(changed))
}
