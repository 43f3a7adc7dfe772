//! `POST /v1/batches/{batch_id}/check`: check batch.

mod route;

pub(crate) use route::routes;
