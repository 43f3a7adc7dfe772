//! `GET /v1/batches/{batch_id}/rows`: list rows of a batch.

mod route;

pub(crate) use route::routes;
