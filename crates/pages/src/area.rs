//! Areas of pages.

/// Pages with a common beginning of their paths, and a sign-in of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Path of the first page, for example `/console`. All other pages are below it.
    pub start: &'static str,
    /// Whether users without an app role cannot sign in.
    pub needs_role: bool,
}
