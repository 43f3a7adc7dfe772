//! As much of Rust's syntax as the house rules need: modules, imports, definitions, and what is there for tests only.

mod file;
pub(crate) mod lex;
mod modules;

pub(crate) use file::{Import, Source};
pub(crate) use modules::Modules;
