//! Clocks.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refused::Refused;
use crate::ground::clock::{Clock, TooFar, rfc3339};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// Step in seconds. A negative step goes back.
    #[serde(default)]
    advance_seconds: Option<f64>,
    #[serde(default)]
    now: Option<DateTime<Utc>>,
    /// Whether the clock of tokens and challenges is stepped as well.
    #[serde(default)]
    tokens_too: bool,
}

/// Returns the time of both clocks.
pub(super) async fn read(State(clock): State<Arc<Clock>>) -> Json<Value> {
    Json(json!({"parcels": rfc3339(clock.parcels()), "tokens": rfc3339(clock.tokens())}))
}

/// Steps the clocks.
pub(super) async fn step(State(clock): State<Arc<Clock>>, Json(step): Json<Step>) -> Result<Json<Value>, Refused> {
    let moved = match (step.advance_seconds, step.now) {
        (Some(seconds), None) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a step of more milliseconds than 64 bits hold is saturated"
            )]
            let by = TimeDelta::try_milliseconds((seconds * 1000.0) as i64);
            by.map_or(Err(TooFar), |by| clock.advance(by, step.tokens_too))
        }
        (None, Some(now)) => clock.set(now, step.tokens_too),
        _ => {
            return Err(Refused::bad(
                r#"expected either {"advance_seconds": 3600} or {"now": "2026-01-31T12:00:00Z"}"#,
            ));
        }
    };
    moved.map_err(|TooFar| Refused::bad("a clock must stay within 100 years of the real time"))?;
    Ok(read(State(clock)).await)
}
