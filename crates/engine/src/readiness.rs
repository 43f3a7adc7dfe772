//! Readiness of this process.

use std::time::Duration;

use crate::context::Context;

/// Longest time to wait for the store.
const PATIENCE: Duration = Duration::from_secs(5);

/// Time for which a proof of a write remains valid, so that frequent probes do not become load.
const PROOF_VALID: Duration = Duration::from_secs(2);

/// Whether this process can work, and what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// What is wrong. Empty if nothing is.
    pub problems: Vec<Problem>,
}

/// Something that an operator must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable name, for example `store`.
    pub code: &'static str,
    /// What happened and what to do.
    pub message: String,
    /// Whether the process must not receive requests because of it.
    pub is_blocking: bool,
}

impl Readiness {
    /// Returns whether the process may receive requests.
    pub fn is_ready(&self) -> bool {
        !self.problems.iter().any(|problem| problem.is_blocking)
    }
}

/// Last proof of a write: its time on the monotonic clock, and the problem.
#[derive(Default)]
pub(crate) struct LastProof(tokio::sync::Mutex<Option<(Duration, Option<String>)>>);

pub(crate) async fn examine(context: &Context) -> Readiness {
    let mut problems = Vec::new();
    if let Some(message) = prove_write(context).await {
        problems.push(Problem { code: "store", message, is_blocking: true });
    }
    if let Some(reason) = context.ordering.reason() {
        let message = format!("ordering is stopped: {reason}. It resumes when the order is recorded.");
        problems.push(Problem { code: "ordering", message, is_blocking: true });
    }
    Readiness { problems }
}

async fn prove_write(context: &Context) -> Option<String> {
    let clock = &context.ports.clock;
    let mut last = context.last_proof.0.lock().await;
    if let Some((at, problem)) = &*last
        && clock.monotonic().saturating_sub(*at) < PROOF_VALID
    {
        return problem.clone();
    }
    let problem = tokio::select! {
        biased;
        proof = context.ports.shipments.prove_write() => proof.err().map(|error| error.to_string()),
        () = clock.sleep(PATIENCE) => {
            Some(format!("the store is unavailable: it did not accept a write within {} s", PATIENCE.as_secs()))
        }
    };
    *last = Some((clock.monotonic(), problem.clone()));
    problem
}
