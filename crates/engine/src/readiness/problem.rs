//! A problem that readiness reports.

/// Something that an operator must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable name, for example `store`.
    pub code: &'static str,
    /// What happened and what to do.
    pub message: String,
    /// Whether the process must not receive requests because of it.
    pub is_blocking: bool,
}
