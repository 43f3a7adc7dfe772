//! Determines to which flow a port call belongs: create, process, resend, clean-up, or an API call.
//!
//! The engine runs each create, each run, each resend and the clean-up in its own task, and each of them begins with a
//! port call that no other flow makes. All other calls come from the task of an API connection.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::task;

/// What a port call shows about the flow of its task.
#[derive(Clone, Copy)]
pub(super) enum FlowHint {
    /// If the flow of the task is not known yet, it is this one.
    Begins(&'static str),
    /// If the flow of the task is not known, the call is an API call with this name.
    Otherwise(&'static str),
}

#[derive(Default)]
pub(super) struct Flows(Mutex<HashMap<task::Id, &'static str>>);

impl Flows {
    /// Begins the flow in the current task, if none is known yet.
    pub(super) fn begin(&self, flow: &'static str) {
        self.of(FlowHint::Begins(flow));
    }

    pub(super) fn of(&self, call: FlowHint) -> &'static str {
        let mut flows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = task::try_id().and_then(|id| flows.get(&id).copied());
        match (known, call) {
            (Some(flow), _) | (None, FlowHint::Otherwise(flow)) => flow,
            (None, FlowHint::Begins(flow)) => {
                flows.extend(task::try_id().map(|id| (id, flow)));
                flow
            }
        }
    }
}
