//! `GET /v1/fpr/shipments/{shipment_id}/details`

mod from_domain;
mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use response::DetailsBody;
pub(crate) use route::routes;
