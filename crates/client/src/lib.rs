//! Client of Keyferry's API: typed requests and responses over `keyferry-http`, and the tokens that the API accepts.
//!
//! It is written against `docs/reference/openapi.json`. `tests/openapi.rs` compares every path, parameter and member of
//! this crate with that document, and fails if the document has an operation that is neither used nor listed as left
//! out. It does not depend on the API's own code, so that a change of the API cannot change both sides unseen.
//!
//! Responses keep the JSON that the API sent ([`Reply::json`]), for programs that pass it on. Unknown members are
//! ignored, and unknown values of an enumeration are kept as `Other`, so that an older client works with a newer API.
//!
//! Start reading at [`Api`]. [`operation`] lists the operations.

mod api;
mod calls;
mod error;
pub mod model;
pub mod oauth;
pub mod operation;
mod problem;
mod query;
mod reply;
mod tokens;

pub use api::Api;
pub use error::ClientError;
pub use problem::Problem;
pub use query::{BatchQuery, DeliveryQuery, EventQuery, Filter, ReportQuery, ShipmentQuery};
pub use reply::Reply;
pub use tokens::{FixedToken, Token, TokenError, Tokens};
