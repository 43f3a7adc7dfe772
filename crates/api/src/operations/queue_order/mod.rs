//! `POST /v1/orders`

mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
