//! `POST /v1/keys/{serial}/return`

mod errors;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
