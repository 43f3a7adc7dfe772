//! `GET /v1/shipments/counts`

mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
