//! `POST /v1/webhooks`

mod request;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
