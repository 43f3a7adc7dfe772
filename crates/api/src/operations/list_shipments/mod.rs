//! `GET /v1/shipments`

mod export;
mod format;
mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
