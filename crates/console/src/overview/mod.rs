//! Overview: where all keys are, and what needs a human.

mod attention;
mod deadlines;
mod funnel;
mod route;

pub(crate) use route::overview;
