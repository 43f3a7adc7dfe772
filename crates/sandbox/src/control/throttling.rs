//! Rate limits: calls that were admitted and throttled.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::World;

/// Returns the limits and their counts.
pub(super) async fn read(State(world): State<Arc<World>>) -> Json<Value> {
    let (graph, delivery) = {
        let settings = world.ground.settings.lock();
        (settings.graph_rate, settings.delivery_rate)
    };
    let shown = |rate, counts: crate::ground::throttle::Counts| {
        let mut shown = json!(counts);
        shown["rate"] = json!(rate);
        shown
    };
    Json(json!({
        "graph": shown(graph, world.graph.throttle.counts()),
        "delivery": shown(delivery, world.delivery.throttle.counts()),
    }))
}

/// Restarts the counts.
pub(super) async fn restart(State(world): State<Arc<World>>) -> StatusCode {
    world.graph.throttle.restart_counts();
    world.delivery.throttle.restart_counts();
    StatusCode::NO_CONTENT
}
