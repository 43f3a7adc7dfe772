//! `GET /v1/fpr/shipments/{shipment_id}`

mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
