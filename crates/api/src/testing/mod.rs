//! Test helpers: the API through its router, on an engine whose ports are test doubles.

pub(crate) mod ask;
pub(crate) mod doubles;
pub(crate) mod show;
pub(crate) mod world;
