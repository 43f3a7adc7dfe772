//! Routes of the sign-in page and its two calls.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::state::Signin;
use super::{begin, verify};
use crate::ground::page;

/// Returns all routes.
pub(crate) fn router(signin: &Arc<Signin>) -> Router {
    let guard = &signin.guard;
    Router::new()
        .route("/signin", get(async || page::html(include_str!("../../pages/signin.html"))))
        .route("/signin/options", guard.named("signin.options", post(begin::options)))
        .route("/signin/verify", guard.named("signin.verify", post(verify::verify)))
        .with_state(Arc::clone(signin))
}
