//! `POST /v1/shipments/actions`

mod action;
mod request;
mod response;
mod route;
mod targets;
#[cfg(test)]
mod tests;
mod work;

pub(crate) use route::routes;
