//! The delivery service's own limits for a parcel's fields, checked before the order is sent, in its own words.
//!
//! The numbers are those of the vendor's published samples. inferred: that its server draws the same lines; an
//! administrator can switch the check off.

mod check;
mod country;
mod field;
#[cfg(test)]
mod tests;

pub(crate) use check::check;
