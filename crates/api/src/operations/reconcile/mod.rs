//! `GET /v1/reconciliation`

mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
