//! `POST /v1/people/{user}/offboard`

mod response;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
