//! Environment variables of the commands that call a connector. They are no settings of the connector.

use std::ffi::OsString;

/// Names that begin with `KEYFERRY_` and are not settings. A shell that has them can also start the connector.
const NAMES: [&str; 4] = ["KEYFERRY_PROFILE", "KEYFERRY_URL", "KEYFERRY_TOKEN", "KEYFERRY_TOKEN_FILE"];

/// Returns whether the variable belongs to the commands that call a connector.
pub(super) fn is_one(name: &str) -> bool {
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Returns the value of an environment variable, if it is set, is UTF-8 and is not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(OsString::into_string)?.ok().filter(|value| !value.is_empty())
}
