//! `POST /v1/operations/process-shipments`, and the guide's GET.

mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
