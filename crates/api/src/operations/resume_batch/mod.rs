//! `POST /v1/batches/{batch_id}/resume`: resume batch.

mod route;

pub(crate) use route::routes;
