//! `GET /v1/report`

mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
