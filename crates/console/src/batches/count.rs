//! What is counted of a batch.

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    Total,
    ToSend,
    Invalid,
    Warnings,
    Waiting,
    AwaitingAddress,
    Sent,
    Complete,
    NeedsHuman,
    Refused,
    Cancelled,
}
