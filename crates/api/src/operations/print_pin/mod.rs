//! `POST /v1/shipments/{shipment_id}/pin-letter`

mod errors;
mod request;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
