//! Result of an attempt to mail a person.

/// Result of an attempt.
pub(super) enum Mailed {
    /// The mail system has the mail.
    Sent,
    /// The mail can never be sent.
    Never(&'static str),
}
