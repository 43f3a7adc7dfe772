//! Authentication through the router, with test doubles behind the engine's ports.

mod platform;
mod protected_api;
mod roles;
mod tokens;
