//! `GET /v1/products`

mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
