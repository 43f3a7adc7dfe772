//! Readiness of this process.

mod announced;
mod health;
mod problem;
mod proof;

pub(crate) use self::announced::Announced;
pub(crate) use self::health::{Health, VERIFY};
pub use self::problem::Problem;
pub(crate) use self::proof::LastProof;
use crate::context::Context;

/// Whether this process can work, and what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// What is wrong. Empty if nothing is.
    pub problems: Vec<Problem>,
}

impl Readiness {
    /// Returns whether the process may receive requests.
    pub fn is_ready(&self) -> bool {
        !self.problems.iter().any(|problem| problem.is_blocking)
    }
}

pub(crate) async fn examine(context: &Context) -> Readiness {
    let mut problems = Vec::new();
    if let Some(message) =
        context.last_proof.prove(context.ports.clock.as_ref(), context.ports.shipments.as_ref()).await
    {
        problems.push(Problem { code: "store", message, is_blocking: true });
    }
    if let Some(reason) = context.ordering.reason() {
        let message = format!("ordering is stopped: {reason}. It resumes when the order is recorded.");
        problems.push(Problem { code: "ordering", message, is_blocking: true });
    }
    problems.extend(context.health.problems());
    problems.extend(outdated_metadata(context));
    problems.extend(context.stock.problems());
    context.announced.announce(&problems);
    Readiness { problems }
}

fn outdated_metadata(context: &Context) -> Option<Problem> {
    let metadata = context.settings.fido_metadata.as_ref()?;
    metadata.is_outdated(context.now()).then(|| {
        let message = format!(
            "The FIDO metadata is outdated: a new file was due on {}. Keyferry does not see newer reports of \
             compromised models. Replace the file of KEYFERRY_FIDO_METADATA_FILE and restart Keyferry.",
            metadata.next_update()
        );
        Problem { code: "fido-metadata-outdated", message, is_blocking: false }
    })
}
