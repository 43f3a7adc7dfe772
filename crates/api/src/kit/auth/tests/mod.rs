//! Through the router, over doubles.

mod door;
mod platform;
mod tokens;
