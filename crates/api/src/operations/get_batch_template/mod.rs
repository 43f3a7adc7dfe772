//! `GET /v1/batches/template.csv`: get template of an order file.

mod route;

pub(crate) use route::routes;
