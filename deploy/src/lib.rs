//! What can be proven of the deployment files without Azure: for tests only.
//!
//! [`arm`] evaluates a template as Azure Resource Manager would, with given parameters, and holds the resources that come out against
//! Microsoft's own type data. [`logic_app`] runs a workflow's definition, with whatever its HTTP and mail actions are to reach.

pub mod arm;
pub mod expression;
pub mod logic_app;

use std::path::{Path, PathBuf};

/// The folder with the files that are deployed.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A JSON file of the folder.
///
/// # Panics
///
/// When it is not there, or no JSON.
#[track_caller]
pub fn json(file: impl AsRef<Path>) -> serde_json::Value {
    let path = folder().join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
