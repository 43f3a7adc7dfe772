//! `GET /v1/status`

pub(crate) mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
