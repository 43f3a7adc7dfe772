//! `GET /livez` and `GET /readyz`, on a port of their own.

mod route;
#[cfg(test)]
mod tests;

pub use route::probes;
