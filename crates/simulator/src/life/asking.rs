//! How people reach the connector: any replica that answers, again after a while if none does.

use keyferry_domain::{Caller, CallerId};
use keyferry_engine::Engine;

use super::Life;

/// Attempts of a caller before it gives up.
const ATTEMPTS: u64 = 8;

pub(crate) fn caller() -> Caller {
    Caller::application(CallerId::new("0000000a-0000-4000-8000-00000000000a"))
}

impl Life {
    /// Asks one replica. Returns `None` if none runs, or if it dies or takes too long meanwhile.
    pub(super) async fn ask<T>(&self, question: impl AsyncFnOnce(Engine) -> T) -> Option<T> {
        let (_, engine, process) = self.world.running(self.chance.next())?;
        tokio::select! {
            biased;
            answer = question(engine) => Some(answer),
            () = process.ended() => None,
            () = self.world.sleep(180) => None,
        }
    }

    /// Asks until the answer is not an error, some times. Errors are read: what they name is visible to the caller.
    pub(super) async fn insist<T, E: std::fmt::Display + std::fmt::Debug>(
        &self,
        question: impl AsyncFn(Engine) -> Result<T, E>,
        is_final: impl Fn(&E) -> bool,
    ) -> Option<Result<T, E>> {
        let mut last = None;
        for attempt in 0..ATTEMPTS {
            match self.ask(&question).await {
                Some(Ok(answer)) => return Some(Ok(answer)),
                Some(Err(error)) => {
                    self.read(&format!("{error} {error:?}"));
                    if is_final(&error) {
                        return Some(Err(error));
                    }
                    last = Some(Err(error));
                }
                None => {}
            }
            self.world.sleep(20 + attempt * attempt * 60).await;
        }
        last
    }

    /// Notes a text that a person reads.
    pub(super) fn read(&self, text: &str) {
        self.world.meddling.with(|state| state.court.noticed.read(text));
    }
}
