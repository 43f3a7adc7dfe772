//! `GET /v1/countries`

mod response;
mod route;

pub(crate) use route::routes;
