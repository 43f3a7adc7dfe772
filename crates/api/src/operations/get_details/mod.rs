//! `GET /v1/shipments/{shipment_id}`

mod from_domain;
mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use response::{DetailsBody, EventBody};
pub(crate) use route::routes;
