//! Orders that wait for their turn: what the operations that queue one share.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use keyferry_access::{Limited, Principal, Role};
use keyferry_domain::PhaseName;
use keyferry_engine::{Enqueued, QueueRequest};
use serde::Serialize;
use utoipa::ToSchema;

use super::errors::outside_limits;
use super::idempotency_key::REPLAYED;
use super::queued::QueuedOrder;
use crate::kit::problem::Problem;
use crate::kit::schemas;
use crate::state::ApiState;

/// Order in the queue.
#[derive(Serialize, ToSchema)]
pub(crate) struct QueuedBody {
    /// Keyferry's id of the shipment.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-00000000000a")]
    id: String,
    /// Phase.
    #[schema(value_type = schemas::Phase, example = "queued")]
    phase: &'static str,
}

impl QueuedBody {
    /// Returns the response for a queued order.
    pub(crate) fn answer(queued: Enqueued, mut headers: HeaderMap) -> (StatusCode, HeaderMap, Json<Self>) {
        let id = queued.shipment.to_string();
        headers.extend(queued.replayed.then(|| (REPLAYED, HeaderValue::from_static("true"))));
        // An id consists of characters that are valid in a header.
        headers.extend(HeaderValue::try_from(format!("/v1/shipments/{id}")).ok().map(|path| (header::LOCATION, path)));
        (StatusCode::ACCEPTED, headers, Json(Self { id, phase: PhaseName::Queued.as_str() }))
    }
}

/// Queues an order with `enqueue`, within the limits of the caller and the person.
pub(crate) async fn queue(
    state: &ApiState,
    principal: &Principal,
    queued: QueuedOrder,
    idempotency: Option<(String, String)>,
    unknown_members: Vec<String>,
    enqueue: impl AsyncFnOnce(QueueRequest) -> Result<Enqueued, Problem>,
) -> Result<Enqueued, Problem> {
    state.engine.orders.check_draft(&queued.order).map_err(outside_limits)?;
    let caller = principal.caller().clone();
    let admission = state.limits.admit(Limited::Order, &caller.application, &queued.order.user.to_string())?;
    let request = QueueRequest {
        caller,
        order: queued.order,
        info: queued.info,
        batch: None,
        additional: queued.additional,
        may_be_privileged: principal.has(Role::Admin),
        idempotency,
        unknown_members,
    };
    let queued = enqueue(request).await;
    if !queued.as_ref().is_ok_and(|queued| !queued.replayed) {
        admission.take_back();
    }
    queued
}
