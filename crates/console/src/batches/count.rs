//! What is counted of a batch.

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    Total,
    ToSend,
    Invalid,
    Warnings,
    Waiting,
    Sent,
    Complete,
    NeedsHuman,
    Refused,
    Cancelled,
}
