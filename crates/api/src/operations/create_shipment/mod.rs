//! `POST /v1/fpr/shipments`

mod errors;
mod idempotency_key;
mod request;
mod response;
mod route;
#[cfg(test)]
mod tests;
mod validation;

pub(crate) use request::CreateShipment;
pub(crate) use route::routes;
pub(crate) use validation::path;
