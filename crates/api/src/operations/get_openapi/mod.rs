//! `GET /openapi.json`

mod document;
mod examples;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use document::{to_json, without_paths};
pub(crate) use route::routes;
