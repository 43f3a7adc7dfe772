//! `PUT /v1/shipments/{shipment_id}/address`

mod errors;
mod request;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
