//! `POST /v1/orders`

mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
