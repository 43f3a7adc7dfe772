//! `POST /v1/fpr/shipments`

mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
