//! Azure Resource Manager templates, evaluated without Azure.

mod checks;
mod deployment;
mod evaluate;
mod functions;
mod types;

pub use checks::findings;
pub use deployment::{Deployment, Resource, Template};
pub use evaluate::Cloud;
pub use types::TypeData;

/// Begins and ends what only a deployment could tell, such as `«reference(ID).clientId»`.
const UNKNOWN: (char, char) = ('«', '»');

/// Whether a text holds something that only a deployment could tell.
fn is_unknown(text: &str) -> bool {
    text.contains(UNKNOWN.0)
}

/// The same, as text.
fn unknown(what: &str) -> serde_json::Value {
    format!("{}{what}{}", UNKNOWN.0, UNKNOWN.1).into()
}
