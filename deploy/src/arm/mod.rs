//! Evaluates and checks Azure Resource Manager templates without Azure.

mod checks;
mod deployment;
mod evaluate;
mod functions;
mod types;

pub use checks::findings;
pub use deployment::{Deployment, Resource, Template};
pub use evaluate::Cloud;
pub use types::TypeData;

/// Delimiters of values that are known only in a real deployment, such as `«reference(ID).clientId»`.
const UNKNOWN: (char, char) = ('«', '»');

/// Returns whether a string contains an unknown value.
fn is_unknown(text: &str) -> bool {
    text.contains(UNKNOWN.0)
}

/// Returns an unknown value with this description.
fn unknown(what: &str) -> serde_json::Value {
    format!("{}{what}{}", UNKNOWN.0, UNKNOWN.1).into()
}
