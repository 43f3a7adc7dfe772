//! A batch and its states.

use std::fmt;

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use super::RowFinding;
use crate::{BatchId, Caller, Timestamp};

/// Largest number of acts that are kept. The oldest of them are the first to go.
const MOST_ACTS: usize = 200;

/// Longest time between beginning and end of the change of a row.
pub const LONGEST_ROW_CHANGE: TimeDelta = TimeDelta::minutes(2);

/// Batch of orders, without its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Keyferry's id.
    pub id: BatchId,
    /// Name from the caller.
    pub name: String,
    /// Caller that created it.
    pub created_by: Caller,
    /// Time of its creation.
    pub created_at: Timestamp,
    /// State.
    pub state: BatchState,
    /// Number of rows.
    pub total: u32,
    /// What the columns of the file were read as.
    #[serde(default)]
    pub columns: Vec<BatchColumn>,
    /// Findings about the whole batch, from reading its rows.
    #[serde(default)]
    pub read: Vec<RowFinding>,
    /// Findings about the whole batch, from the last check.
    #[serde(default)]
    pub checked: Vec<RowFinding>,
    /// What was done with the batch, oldest first.
    #[serde(default)]
    pub acts: Vec<BatchAct>,
    /// Time at which a row began to be changed, until it is changed. Until then, nothing else is done with the batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_changing_since: Option<Timestamp>,
}

/// Column of the file of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchColumn {
    /// Header of the column.
    pub header: String,
    /// Members of the order that it was read as, and `row_key`. Empty if it was not used.
    #[serde(default)]
    pub members: Vec<String>,
}

/// State of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// Its rows are being stored. Stays so if the request that brings them breaks off.
    Uploading,
    /// All rows are stored.
    Draft,
    /// Its rows are being checked.
    Checking(CheckRun),
    /// All rows are checked.
    Checked {
        /// End of the check.
        at: Timestamp,
    },
    /// Its rows are being ordered.
    Submitted(SendRun),
    /// No row is ordered until an operator resumes the batch.
    Paused(SendRun),
    /// Each row was ordered or refused, and no order waits any more.
    Finished {
        /// Time at which the last order had left.
        at: Timestamp,
    },
    /// An operator cancelled the batch, and what has not left is being cancelled.
    Cancelling {
        /// Time of the request.
        at: Timestamp,
        /// Caller that cancelled it.
        by: Caller,
        /// Reason that the caller gave.
        reason: String,
    },
    /// What had not left is cancelled.
    Cancelled {
        /// End of the cancellation.
        at: Timestamp,
    },
}

/// Progress of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRun {
    /// Start of the check.
    pub started_at: Timestamp,
    /// Whether the caller that started it may order for privileged users.
    pub may_be_privileged: bool,
    /// Number of the last row that was checked. 0: none.
    pub after: u32,
    /// Number of rows that were checked.
    pub checked: u32,
}

/// Progress of sending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendRun {
    /// Caller that submitted the batch: the orders are in its name.
    pub by: Caller,
    /// Whether that caller may order for privileged users.
    pub may_be_privileged: bool,
    /// Time of the submission.
    pub submitted_at: Timestamp,
    /// Time since which the batch is running, without the pauses before.
    pub running_since: Timestamp,
    /// Number of orders that had left before.
    pub left_before: u32,
    /// Number of the last row that was fed to the queue, or left for a later day. 0: none.
    pub after: u32,
    /// Earliest day of the rows that were left for later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<NaiveDate>,
}

/// What a caller did with a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchAct {
    /// Time.
    pub at: Timestamp,
    /// Caller. `None`: Keyferry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Caller>,
    /// What was done.
    pub act: BatchActKind,
    /// Reason that the caller gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Parses a name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

names! {
    /// Kind of an act.
    BatchActKind {
        /// The rows were stored.
        Created = "created",
        /// A check was started.
        CheckStarted = "check_started",
        /// The check ended.
        CheckFinished = "check_finished",
        /// The batch was submitted.
        Submitted = "submitted",
        /// The batch was paused.
        Paused = "paused",
        /// The batch was resumed.
        Resumed = "resumed",
        /// A cancellation was requested.
        CancelRequested = "cancel_requested",
        /// What had not left is cancelled.
        Cancelled = "cancelled",
        /// The last order left.
        Finished = "finished",
    }
}

names! {
    /// Name of a state.
    BatchStateName {
        /// [`BatchState::Uploading`]
        Uploading = "uploading",
        /// [`BatchState::Draft`]
        Draft = "draft",
        /// [`BatchState::Checking`]
        Checking = "checking",
        /// [`BatchState::Checked`]
        Checked = "checked",
        /// [`BatchState::Submitted`]
        Submitted = "submitted",
        /// [`BatchState::Paused`]
        Paused = "paused",
        /// [`BatchState::Finished`]
        Finished = "finished",
        /// [`BatchState::Cancelling`]
        Cancelling = "cancelling",
        /// [`BatchState::Cancelled`]
        Cancelled = "cancelled",
    }
}

/// The batch is in a state that does not permit the act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the batch is {is}, and must be {must}")]
pub struct WrongBatchState {
    /// State of the batch.
    pub is: BatchStateName,
    /// States that permit the act.
    pub must: &'static str,
}

impl BatchState {
    /// Returns the name.
    pub const fn name(&self) -> BatchStateName {
        match self {
            Self::Uploading => BatchStateName::Uploading,
            Self::Draft => BatchStateName::Draft,
            Self::Checking(_) => BatchStateName::Checking,
            Self::Checked { .. } => BatchStateName::Checked,
            Self::Submitted(_) => BatchStateName::Submitted,
            Self::Paused(_) => BatchStateName::Paused,
            Self::Finished { .. } => BatchStateName::Finished,
            Self::Cancelling { .. } => BatchStateName::Cancelling,
            Self::Cancelled { .. } => BatchStateName::Cancelled,
        }
    }
}

impl Batch {
    /// Creates a batch whose rows follow.
    pub fn begin(id: BatchId, name: String, by: Caller, now: Timestamp) -> Self {
        Self {
            id,
            name,
            created_by: by,
            created_at: now,
            state: BatchState::Uploading,
            total: 0,
            columns: Vec::new(),
            read: Vec::new(),
            checked: Vec::new(),
            acts: Vec::new(),
            row_changing_since: None,
        }
    }

    fn wrong(&self, must: &'static str) -> WrongBatchState {
        WrongBatchState { is: self.state.name(), must }
    }

    fn with(mut self, state: BatchState, act: BatchAct) -> Self {
        self.state = state;
        self.acts.push(act);
        if self.acts.len() > MOST_ACTS {
            self.acts.remove(0);
        }
        self
    }

    /// Ends the upload.
    ///
    /// # Errors
    /// [`WrongBatchState`]
    pub fn stored(mut self, total: u32, now: Timestamp) -> Result<Self, WrongBatchState> {
        if self.state != BatchState::Uploading {
            return Err(self.wrong("uploading"));
        }
        self.total = total;
        let by = Some(self.created_by.clone());
        Ok(self.with(BatchState::Draft, BatchAct { at: now, by, act: BatchActKind::Created, reason: None }))
    }

    /// Returns whether a row is being changed. A change that a dead process began ends by itself.
    pub fn has_row_change(&self, now: Timestamp) -> bool {
        self.row_changing_since.is_some_and(|since| {
            let age = now - since;
            age < LONGEST_ROW_CHANGE && age > -LONGEST_ROW_CHANGE
        })
    }

    /// Begins to change a row: until the change ends, nothing else is done with the batch.
    ///
    /// # Errors
    /// [`WrongBatchState`]
    pub fn begin_row_change(mut self, now: Timestamp) -> Result<Self, WrongBatchState> {
        if !matches!(self.state, BatchState::Draft | BatchState::Checked { .. }) {
            return Err(self.wrong("draft or checked"));
        }
        self.row_changing_since = Some(now);
        Ok(self)
    }

    /// Ends the change of a row that began at `since`.
    pub fn end_row_change(mut self, since: Timestamp) -> Self {
        self.row_changing_since.take_if(|began| *began == since);
        self
    }

    /// Starts a check. A checked batch can be checked again.
    ///
    /// # Errors
    /// [`WrongBatchState`]
    pub fn begin_check(mut self, by: Caller, may_be_privileged: bool, now: Timestamp) -> Result<Self, WrongBatchState> {
        if !matches!(self.state, BatchState::Draft | BatchState::Checked { .. }) {
            return Err(self.wrong("draft or checked"));
        }
        self.checked = Vec::new();
        let run = CheckRun { started_at: now, may_be_privileged, after: 0, checked: 0 };
        let act = BatchAct { at: now, by: Some(by), act: BatchActKind::CheckStarted, reason: None };
        Ok(self.with(BatchState::Checking(run), act))
    }

    /// Ends the check.
    ///
    /// # Errors
    /// [`WrongBatchState`]
    pub fn end_check(mut self, findings: Vec<RowFinding>, now: Timestamp) -> Result<Self, WrongBatchState> {
        if !matches!(self.state, BatchState::Checking(_)) {
            return Err(self.wrong("checking"));
        }
        self.checked = findings;
        let act = BatchAct { at: now, by: None, act: BatchActKind::CheckFinished, reason: None };
        Ok(self.with(BatchState::Checked { at: now }, act))
    }

    /// Submits a checked batch.
    ///
    /// # Errors
    /// [`WrongBatchState`]
    pub fn submit(self, by: Caller, may_be_privileged: bool, now: Timestamp) -> Result<Self, WrongBatchState> {
        if !matches!(self.state, BatchState::Checked { .. }) {
            return Err(self.wrong("checked"));
        }
        let act = BatchAct { at: now, by: Some(by.clone()), act: BatchActKind::Submitted, reason: None };
        let run = SendRun {
            by,
            may_be_privileged,
            submitted_at: now,
            running_since: now,
            left_before: 0,
            after: 0,
            later: None,
        };
        Ok(self.with(BatchState::Submitted(run), act))
    }

    /// Pauses a submitted batch.
    ///
    /// # Errors
    /// [`WrongBatchState`]
    pub fn pause(self, by: Caller, reason: String, now: Timestamp) -> Result<Self, WrongBatchState> {
        let BatchState::Submitted(run) = self.state.clone() else { return Err(self.wrong("submitted")) };
        let act = BatchAct { at: now, by: Some(by), act: BatchActKind::Paused, reason: Some(reason) };
        Ok(self.with(BatchState::Paused(run), act))
    }

    /// Resumes a paused batch. `left` is the number of orders that have left.
    ///
    /// # Errors
    /// [`WrongBatchState`]
    pub fn resume(self, by: Caller, reason: String, left: u32, now: Timestamp) -> Result<Self, WrongBatchState> {
        let BatchState::Paused(run) = self.state.clone() else { return Err(self.wrong("paused")) };
        let run = SendRun { running_since: now, left_before: left, ..run };
        let act = BatchAct { at: now, by: Some(by), act: BatchActKind::Resumed, reason: Some(reason) };
        Ok(self.with(BatchState::Submitted(run), act))
    }

    /// Requests that what has not left is cancelled.
    ///
    /// # Errors
    /// [`WrongBatchState`]
    pub fn cancel(self, by: Caller, reason: String, now: Timestamp) -> Result<Self, WrongBatchState> {
        use BatchState::{Cancelled, Cancelling, Finished};
        if matches!(self.state, Finished { .. } | Cancelling { .. } | Cancelled { .. }) {
            return Err(self.wrong("neither finished nor cancelled"));
        }
        let act = BatchAct {
            at: now,
            by: Some(by.clone()),
            act: BatchActKind::CancelRequested,
            reason: Some(reason.clone()),
        };
        Ok(self.with(Cancelling { at: now, by, reason }, act))
    }

    /// Ends the cancellation.
    ///
    /// # Errors
    /// [`WrongBatchState`]
    pub fn cancelled(self, now: Timestamp) -> Result<Self, WrongBatchState> {
        if !matches!(self.state, BatchState::Cancelling { .. }) {
            return Err(self.wrong("cancelling"));
        }
        let act = BatchAct { at: now, by: None, act: BatchActKind::Cancelled, reason: None };
        Ok(self.with(BatchState::Cancelled { at: now }, act))
    }

    /// Ends a submitted batch whose last order has left.
    ///
    /// # Errors
    /// [`WrongBatchState`]
    pub fn finish(self, now: Timestamp) -> Result<Self, WrongBatchState> {
        if !matches!(self.state, BatchState::Submitted(_)) {
            return Err(self.wrong("submitted"));
        }
        let act = BatchAct { at: now, by: None, act: BatchActKind::Finished, reason: None };
        Ok(self.with(BatchState::Finished { at: now }, act))
    }
}
