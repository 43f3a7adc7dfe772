//! `POST /v1/people/{user}/methods/{method_id}/revoke`

mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
