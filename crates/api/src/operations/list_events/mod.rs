//! `GET /v1/events`

mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
