//! `PUT /v1/batches/{batch_id}/rows/{row}`: change row of a batch.

mod route;

#[cfg(test)]
mod tests;

pub(crate) use route::routes;
