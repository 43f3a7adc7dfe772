//! `GET /v1/batches/{batch_id}/result`: get result of a batch.

mod route;

pub(crate) use route::routes;
