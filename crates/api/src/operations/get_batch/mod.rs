//! `GET /v1/batches/{batch_id}`: get batch.

mod route;

pub(crate) use route::routes;
