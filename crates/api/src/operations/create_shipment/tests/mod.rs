//! Through the router, over doubles.

mod orders;
mod parsing;
mod properties;
