//! `POST /v1/operations/process-shipments`, and the same operation as GET, which the guide defines.

mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
