//! Simulator of the delivery service: orders, parcels, and published keys.

mod auth;
mod catalogue;
mod jwks;
mod keys;
mod limits;
mod order;
mod parcel;
mod parcels;
mod refusal;
mod routes;
mod state;
mod status;
mod stock;
#[cfg(test)]
mod tests;

pub(crate) use parcel::{Parcel, SEQUENCE, described};
pub(crate) use parcels::Advance;
pub(crate) use refusal::Refusal;
pub(crate) use routes::router;
pub(crate) use state::Delivery;
pub(crate) use status::tracking;
