//! Tests through the router, with test doubles.

mod orders;
mod parsing;
mod properties;
mod unknown_members;
