//! `POST /v1/operations/resend-pin/{shipment_id}`, and the same operation as GET, which the guide defines.

mod errors;
mod request;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::{resend, routes};
