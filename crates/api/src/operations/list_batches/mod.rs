//! `GET /v1/batches`: list batches.

mod route;

pub(crate) use route::routes;
