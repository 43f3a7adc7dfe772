//! What an operator runs beside the service. It sees the service as everybody does: over HTTP.

pub mod scenario;
mod webdriver;
