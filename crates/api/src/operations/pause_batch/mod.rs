//! `POST /v1/batches/{batch_id}/pause`: pause batch.

mod route;

pub(crate) use route::routes;
