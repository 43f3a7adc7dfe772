//! Parser for as much Rust syntax as the house rules need: modules, imports, definitions and items for tests.

mod file;
pub(crate) mod lex;
mod modules;

pub(crate) use file::{Import, Source};
pub(crate) use modules::Modules;
