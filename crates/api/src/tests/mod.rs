//! The API through its router, over an engine whose ports are doubles.

mod create;
mod doubles;
#[path = "../../../domain/tests/mutation/mod.rs"]
mod mutation;
mod operations;
mod parsers;
mod parsing;
mod resolve;
mod shipments;
mod show;
mod store;
mod surface;
mod tokens;
mod world;
