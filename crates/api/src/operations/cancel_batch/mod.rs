//! `POST /v1/batches/{batch_id}/cancel`: cancel batch.

mod route;

pub(crate) use route::routes;
