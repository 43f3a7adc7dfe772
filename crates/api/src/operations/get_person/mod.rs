//! `GET /v1/people/{user}`

mod route;
#[cfg(test)]
mod tests;

pub(crate) use route::routes;
