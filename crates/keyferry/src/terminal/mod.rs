//! The terminal: width, colours, tables, questions and progress. Data goes to standard output, words to standard error.

mod ask;
mod progress;
mod screen;
mod table;
mod write;

pub(crate) use ask::{can_ask, confirmed, line, secret};
pub(crate) use progress::{Bar, duration};
pub(crate) use screen::{Paint, Screen};
pub(crate) use table::{Cell, Column, Table, fields};
pub(crate) use write::{note, out};
