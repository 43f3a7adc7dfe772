//! `POST /v1/operations/resend-pin/{shipment_id}`, and the guide's GET.

mod errors;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
