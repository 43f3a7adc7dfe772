//! HTTP API: one folder per operation, on a shared kit.
//!
//! Paths, bodies and status codes follow the integration guide (section 10). Keyferry's additions are marked as such. A
//! request passes [`router`], then `kit/access`, then its operation under `operations`.
//!
//! The crate translates between HTTP and the engine. It makes no decision about a shipment (`keyferry-engine` does)
//! or about a caller (`keyferry-access` does),
//! does not contain the delivery service's field limits (`keyferry-yubico` does), and opens no port (the program does).
//!
//! Start reading at `router.rs`, then at the list of operations in `operations/v1.rs`, then at one operation, for
//! example `operations/get_shipment`.

mod kit;
mod operations;
mod router;
mod settings;
mod state;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use operations::get_status::response::StatusReport;
pub use operations::probes::probes;
pub use router::{openapi_json, operations, router, too_many_requests};
pub use settings::{BodySettings, UnknownMembers};
pub use state::ApiState;
