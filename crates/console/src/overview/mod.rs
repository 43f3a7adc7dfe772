//! Overview: where all keys are, and what needs a human.

mod attention;
mod batches;
mod deadlines;
mod funnel;
mod late;
mod route;
mod selection;
mod service;

pub(crate) use route::overview;
