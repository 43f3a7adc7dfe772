//! `GET /v1/shipments/{shipment_id}/events`

mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
