//! Errors of setting up PIN delivery.

use std::io;
use std::path::PathBuf;

/// Error of setting up PIN delivery. No variant contains a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is invalid.
    #[error("{what}: {problem}")]
    Setting {
        /// Name of the setting.
        what: &'static str,
        /// The value, what was expected, and an example. Without the value if that is a secret.
        problem: String,
    },
    /// A template file, or the folder of templates, cannot be read.
    #[error("could not read the template {path}: {source}")]
    TemplateFile {
        /// Path of the file or folder.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// A folder of templates contains no template.
    #[error("the template folder {folder} contains none of {expected}: rename the files, or remove the setting")]
    NoTemplates {
        /// Path of the folder.
        folder: PathBuf,
        /// The file names that Keyferry reads.
        expected: String,
    },
    /// A template is invalid.
    #[error("the template {template}{}: {problem}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Template {
        /// Path of the template; for a built-in template, its name.
        template: String,
        /// Line number, counted from 1.
        line: Option<usize>,
        /// What is wrong, and what to write instead.
        problem: String,
    },
}
