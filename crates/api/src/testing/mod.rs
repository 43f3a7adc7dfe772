//! Doubles and helpers of the tests: the API through its router, over an engine whose ports are doubles.

pub(crate) mod ask;
pub(crate) mod doubles;
pub(crate) mod show;
pub(crate) mod world;
