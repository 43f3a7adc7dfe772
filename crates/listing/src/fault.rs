//! A value that cannot be used.

use std::borrow::Cow;

/// A value of a parameter that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Name of the parameter.
    pub parameter: &'static str,
    /// What was expected, in English, for example `a serial number`.
    pub expected: Cow<'static, str>,
    /// The value as received, of any length and content. Of several values, the one in question.
    pub value: String,
}
