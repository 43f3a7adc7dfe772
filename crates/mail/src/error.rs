//! Why a way of delivery cannot be set up.

use std::io;
use std::path::PathBuf;

/// Why a way of delivery cannot be set up. No variant holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting does not make sense.
    #[error("{what}: {problem}")]
    Setting {
        /// Which.
        what: &'static str,
        /// What came, what was expected, and an example; without the value where that is a secret.
        problem: String,
    },
    /// A template cannot be read.
    #[error("the template {path} cannot be read: {source}")]
    TemplateFile {
        /// Which.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// A folder of templates holds none.
    #[error("the template folder {folder} holds none of {expected}: name the files so, or leave the setting out")]
    NoTemplates {
        /// Which.
        folder: PathBuf,
        /// The names it may hold.
        expected: String,
    },
    /// A template has an error.
    #[error("the template {template}{}: {problem}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Template {
        /// Its path, or its name for a built-in one.
        template: String,
        /// Where, counted from 1.
        line: Option<usize>,
        /// What is wrong, and what would be right.
        problem: String,
    },
}
