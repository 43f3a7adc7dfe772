//! `POST /v1/fpr/shipments/{shipment_id}/resolve`

mod errors;
mod request;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
