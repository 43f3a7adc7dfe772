//! The delivery service's limits for the fields of an order, checked before the order is sent.
//!
//! The messages are worded like the delivery service's own. The numbers are from the vendor's published samples.
//! inferred: its server applies the same limits. `KEYFERRY_CHECK_SHIPMENT_LIMITS=false` turns the check off.

mod check;
mod country;
mod field;
mod post_office_box;
#[cfg(test)]
mod tests;

pub(crate) use check::check;
