//! Acts on a batch: for whom, in which states, and by which operation.

use keyferry_access::Operation;
use keyferry_domain::{BatchStateName, RowState};
use keyferry_engine::BatchView;

/// Act on a batch. The names are those of the paths of the API's operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Check,
    Submit,
    Pause,
    Resume,
    Cancel,
}

impl Act {
    pub(crate) const ALL: [Self; 5] = [Self::Submit, Self::Check, Self::Resume, Self::Pause, Self::Cancel];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Submit => "submit",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == name)
    }

    pub(crate) fn operation(self) -> Operation {
        match self {
            Self::Check => Operation::CheckBatch,
            Self::Submit => Operation::SubmitBatch,
            Self::Pause => Operation::PauseBatch,
            Self::Resume => Operation::ResumeBatch,
            Self::Cancel => Operation::CancelBatch,
        }
    }

    /// Returns whether the act cannot be undone.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Submit | Self::Cancel)
    }

    /// Returns whether the act needs no confirmation.
    pub(crate) fn is_direct(&self) -> bool {
        matches!(self, Self::Check)
    }

    pub(super) fn needs_reason(self) -> bool {
        matches!(self, Self::Pause | Self::Resume | Self::Cancel)
    }

    /// Returns whether the page offers the act. The operation decides whether it is possible.
    pub(super) fn fits(self, view: &BatchView) -> bool {
        use BatchStateName::{Cancelled, Cancelling, Checked, Draft, Finished, Paused, Submitted};
        let state = view.batch.state.name();
        match self {
            Self::Check => matches!(state, Draft | Checked) && view.batch.total > 0,
            Self::Submit => state == Checked && view.rows.of(RowState::Ready) > 0,
            Self::Pause => state == Submitted,
            Self::Resume => state == Paused,
            Self::Cancel => !matches!(state, Finished | Cancelling | Cancelled),
        }
    }
}
