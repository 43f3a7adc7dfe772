//! Checks the deployment files without Azure. Only tests depend on this crate.
//!
//! [`arm`] evaluates a template as Azure Resource Manager does, with given parameters, and checks the resulting
//! resources against Microsoft's type data (`arm-types`). [`logic_app`] runs a workflow definition, with test doubles
//! of what its HTTP and mail actions call. Both use [`expression`], the parser of Azure's template expressions.
//!
//! The crate deploys nothing and calls nothing. It supports only the functions and actions that the files in `azure`
//! use.
//!
//! Start reading at `tests/azuredeploy/main.rs` and `tests/logic_app.rs`, which state what is checked.

pub mod arm;
pub mod expression;
pub mod logic_app;

use std::path::{Path, PathBuf};

/// Returns the folder of the deployment files.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Reads a JSON file of the folder.
///
/// # Panics
///
/// If the file is missing or is not JSON.
#[track_caller]
pub fn json(file: impl AsRef<Path>) -> serde_json::Value {
    let path = folder().join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
