//! The one way to call the outside over HTTP.
//!
//! Every call has a timeout, a limit on the size of its answer and a correlation id (`client-request-id`), follows no
//! redirect, and goes over TLS unless the host is this machine. Bodies, query strings and tokens are never logged and
//! stand in no error, not even where the other side repeats them.

mod answer;
mod call;
mod client;
mod error;
mod hidden;
pub mod measure;
mod pacing;
mod request;
mod retry_after;
mod secret_source;
pub mod setting;
mod text;
mod url_ext;
mod verbs;

pub use answer::Answer;
pub use call::Call;
pub use client::{Client, ClientOptions};
pub use error::{CallError, Error};
pub use hidden::Hidden;
pub use pacing::Pacing;
pub use request::Request;
pub use reqwest::Method;
pub use secret_source::SecretSource;
pub use text::clean;
pub use url_ext::{UrlExt, encode_segment};
