//! `POST /v1/orders/check`

mod request;
mod response;
mod route;
mod rows;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
