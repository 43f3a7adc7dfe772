//! `POST /v1/batches`: create batch.

mod request;
mod route;
mod rows;

#[cfg(test)]
mod tests;

pub(crate) use route::routes;
