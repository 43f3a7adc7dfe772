//! A relying party of the tenant: who holds a delivered key and its PIN signs in here, as at the real one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::routing::{get, post};
use chrono::{DateTime, TimeDelta, Utc};

use crate::ground::guard::Guard;
use crate::ground::page;
use crate::world::World;

mod begin;
mod verify;

/// Life of a challenge.
const LIFE: TimeDelta = TimeDelta::minutes(5);
/// More open ceremonies than this are not kept; the oldest are forgotten.
const OPEN: usize = 1000;

/// Challenges that were issued and not answered.
#[derive(Debug, Default)]
pub(crate) struct State(Mutex<HashMap<String, DateTime<Utc>>>);

impl State {
    /// Forgets all.
    pub(crate) fn reset(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn issue(&self, challenge: String, now: DateTime<Utc>) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, expires| *expires >= now);
        if open.len() >= OPEN
            && let Some(oldest) =
                open.iter().min_by_key(|(_, expires)| **expires).map(|(challenge, _)| challenge.clone())
        {
            open.remove(&oldest);
        }
        open.insert(challenge, now + LIFE);
    }

    /// A challenge is answered once.
    fn redeem(&self, challenge: &str, now: DateTime<Utc>) -> bool {
        let expires = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(challenge);
        expires.is_some_and(|expires| expires >= now)
    }
}

/// The page and its two calls.
pub(crate) fn router(guard: &Arc<Guard>) -> Router<Arc<World>> {
    Router::new()
        .route("/signin", get(async || page::html(include_str!("../../pages/signin.html"))))
        .route("/signin/options", guard.named("signin.options", post(begin::options)))
        .route("/signin/verify", guard.named("signin.verify", post(verify::verify)))
}

#[cfg(test)]
mod tests;
