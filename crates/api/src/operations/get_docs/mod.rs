//! `GET /docs`: the OpenAPI document for humans.

mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
