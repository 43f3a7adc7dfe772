//! HTTP client for all calls to external services.
//!
//! Every call has a timeout, a limit on the size of the response and a correlation id (`client-request-id`). A response
//! with the id of another call is an error. Redirects are not followed, except by [`Client::get_public`]. Calls use TLS
//! unless the host is this machine. Bodies, query strings and tokens are never logged and do not occur in errors, even
//! if the other service repeats them in a response.
//!
//! A failed call is not repeated: only the caller knows whether it may be. It does not obtain tokens
//! (`keyferry-azure-identity` does). HTTP servers and SMTP are in other crates.
//!
//! Start reading at [`Client`]. Its methods build a [`Request`], which returns an [`Answer`] or a [`CallError`].

mod addresses;
mod answer;
mod body;
mod call;
mod certificate;
mod client;
mod echo;
mod error;
mod hidden;
pub mod measure;
mod pacing;
mod public;
mod rejected;
mod request;
mod retry_after;
pub mod rules;
mod secret_source;
pub mod setting;
mod streaming;
mod text;
mod transport;
mod url_ext;
mod verbs;

pub use addresses::AddressRule;
pub use answer::Answer;
pub use call::Call;
pub use client::{Client, ClientOptions};
pub use error::{CallError, Error, QUEUE_FULL};
pub use hidden::Hidden;
pub use pacing::{Pacer, Pacing, QueueFull, Turn};
pub use request::Request;
pub use reqwest::Method;
pub use secret_source::SecretSource;
pub use streaming::Streaming;
pub use text::clean;
pub use url_ext::{UrlExt, encode_segment};
