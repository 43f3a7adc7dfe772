//! Authentication through the router, with test doubles behind the engine's ports.

mod hanging_login;
mod platform;
mod protected_api;
mod roles;
mod tokens;
