//! Claims on records. Only the holder of a claim acts outside of Keyferry for a record; the claim is renewed while the
//! work runs. Work that only asks takes no claim: a write succeeds only if the record is still as it was read.

use std::time::Duration;

use keyferry_domain::ports::{Claim, ClaimChange, StoreError, Version};
use keyferry_domain::{Change, Shipment, ShipmentId, Timestamp};
use tokio::sync::Mutex;

use crate::context::Context;

/// Longest time for which a claim is renewed, so that a worker that hangs does not block its record forever.
const LONGEST: Duration = Duration::from_secs(600);

/// Record in work. Each write and each renewal of the claim changes its version.
pub(crate) struct Claimed<'a> {
    context: &'a Context,
    id: ShipmentId,
    holder: String,
    state: Mutex<State>,
}

struct State {
    version: Version,
    /// Whether the claim is held, or may be held after a call without an answer.
    is_held: bool,
}

/// What happens to the claim with a commit, in the same write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// It stays as it is.
    Same,
    /// It is held from now on.
    Hold,
    /// It is released: the work on the record is done.
    Release,
}

impl Context {
    /// Claims the record for `holder` if it still has the given version. `holder` must be unique for each worker and
    /// run.
    pub(crate) async fn claim(
        &self,
        id: ShipmentId,
        version: &Version,
        holder: ShipmentId,
    ) -> Result<Claimed<'_>, StoreError> {
        let claimed = self.unclaimed(id, version, holder);
        claimed.hold().await?;
        Ok(claimed)
    }

    /// Returns the record for work that claims it when it has something to do. Nobody may have claimed the version.
    pub(crate) fn unclaimed(&self, id: ShipmentId, version: &Version, holder: ShipmentId) -> Claimed<'_> {
        let state = Mutex::new(State { version: version.clone(), is_held: false });
        Claimed { context: self, id, holder: holder.to_string(), state }
    }
}

impl Claimed<'_> {
    /// Runs the work, renews the claim meanwhile, and releases it. If the process dies, the claim expires after at most
    /// `settings.claim`.
    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let clock = self.context.ports.clock.as_ref();
        let last = clock.monotonic() + LONGEST;
        let renewals = async {
            loop {
                clock.sleep(self.context.settings.claim / 3).await;
                if clock.monotonic() >= last {
                    // Stop renewing, so that the claim expires.
                    std::future::pending::<()>().await;
                }
                // A lost claim needs no handling here: the next write fails with a version conflict.
                if let Err(error) = self.renew().await {
                    tracing::debug!(shipment = %self.id, %error, "could not renew claim");
                }
            }
        };
        let done = tokio::select! {
            // Poll the work first: if both are ready, finished work must not wait for a renewal.
            biased;
            done = work => done,
            () = renewals => unreachable!("renewals have no end"),
        };
        if self.state.lock().await.is_held
            && let Err(error) = self.context.ports.shipments.release(self.id, &self.holder).await
        {
            tracing::debug!(shipment = %self.id, %error, "could not release claim; it will expire");
        }
        done
    }

    /// Claims the record, unless it is claimed.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the record changed, or another worker claimed it.
    pub(crate) async fn hold(&self) -> Result<(), StoreError> {
        let mut state = self.state.lock().await;
        match state.is_held {
            true => Ok(()),
            false => self.take(&mut state).await,
        }
    }

    /// Commits the change if the record did not change since it was read. Returns the stored shipment.
    pub(crate) async fn commit(&self, change: Change) -> Result<Shipment, StoreError> {
        self.commit_then(change, Then::Same).await
    }

    /// Commits the change like [`commit`](Self::commit), and takes or releases the claim in the same write.
    pub(crate) async fn commit_then(&self, change: Change, then: Then) -> Result<Shipment, StoreError> {
        let shipments = &self.context.ports.shipments;
        let mut state = self.state.lock().await;
        let claim = match then {
            Then::Hold => {
                let (claim, now) = self.next_claim();
                Some(ClaimChange::Take(claim, now))
            }
            Then::Release if state.is_held => Some(ClaimChange::Release(self.holder.clone())),
            Then::Same | Then::Release => None,
        };
        let was_held = state.is_held;
        // Set before the call: without its answer, the claim may be held.
        state.is_held |= then == Then::Hold;
        let committed = match &claim {
            Some(claim) => shipments.commit_and_claim(&change, &state.version, claim).await,
            None => shipments.commit(&change, &state.version).await,
        };
        match committed {
            Ok(version) => {
                state.version = version;
                state.is_held &= then != Then::Release;
                Ok(change.into_shipment())
            }
            Err(error) => {
                if matches!(error, StoreError::Conflict(_)) {
                    state.is_held = was_held;
                }
                Err(error)
            }
        }
    }

    async fn renew(&self) -> Result<(), StoreError> {
        let mut state = self.state.lock().await;
        match state.is_held {
            true => self.take(&mut state).await,
            false => Ok(()),
        }
    }

    async fn take(&self, state: &mut State) -> Result<(), StoreError> {
        let (claim, now) = self.next_claim();
        let claimed = self.context.ports.shipments.claim(self.id, &state.version, &claim, now).await;
        state.is_held |= !matches!(claimed, Err(StoreError::Conflict(_)));
        state.version = claimed?;
        Ok(())
    }

    /// Returns the claim that begins now, and the time.
    fn next_claim(&self) -> (Claim, Timestamp) {
        let now = self.context.ports.clock.now();
        (Claim { holder: self.holder.clone(), until: now + self.context.settings.claim }, now)
    }
}
