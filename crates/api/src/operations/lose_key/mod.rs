//! `POST /v1/people/{user}/lost-key`

mod errors;
mod request;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
