//! Workflow definitions of Logic Apps (Consumption), checked and run without Azure.
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

/// What became of an action, as `runAfter` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It did what it is for.
    Succeeded,
    /// It did not.
    Failed,
    /// What it was to run after became something else.
    Skipped,
    /// The run ended before.
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
