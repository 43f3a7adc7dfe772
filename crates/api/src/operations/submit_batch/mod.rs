//! `POST /v1/batches/{batch_id}/submit`: submit batch.

mod request;
mod route;

pub(crate) use route::routes;
