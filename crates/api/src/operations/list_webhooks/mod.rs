//! `GET /v1/webhooks`

mod route;

pub(crate) use route::routes;
