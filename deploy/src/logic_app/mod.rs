//! Checks and runs workflow definitions of Logic Apps (Consumption) without Azure.
//!
//! <https://learn.microsoft.com/azure/logic-apps/logic-apps-workflow-definition-language>

mod actions;
mod checks;
mod evaluate;
mod functions;
mod run;
mod schema;

pub use checks::findings;
pub use run::{Outcome, Outside, Request, run};

/// The status of an action, as in `runAfter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The action succeeded.
    Succeeded,
    /// The action failed.
    Failed,
    /// The action did not run, since an action before it has another status than `runAfter` allows.
    Skipped,
    /// The run ended before the action.
    Cancelled,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
            Self::Cancelled => "Cancelled",
        }
    }
}
