//! How long a call may wait for its turn.

/// Wait for the rate limit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// A caller waits for the response, so the call fails at once if the queue is too long.
    Limited,
    /// The call is made in the background.
    Unlimited,
}
