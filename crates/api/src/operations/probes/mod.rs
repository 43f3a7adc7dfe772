//! `GET /livez` and `GET /readyz`, on a separate port.

mod route;
#[cfg(test)]
mod tests;

pub use route::probes;
