//! `POST /v1/shipments/{shipment_id}/abandon`

mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
