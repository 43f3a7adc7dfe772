//! `GET /v1/people/{user}/methods`

mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
