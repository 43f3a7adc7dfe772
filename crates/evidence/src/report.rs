//! Result of a verification, for the engine and for `doctor`.

use keyferry_domain::ports::{EventChain, StoreError};
use keyferry_domain::{Finding, time_text};

use crate::{EvidenceStore, verify};

/// Verifies the chain with the keys that the store holds.
///
/// # Errors
/// [`StoreError`] if the store cannot be read.
pub async fn report(store: &dyn EvidenceStore) -> Result<EventChain, StoreError> {
    Ok(match verify(store, &[], Vec::new()).await? {
        Ok(summary) => {
            EventChain { entries: summary.entries, signed_at: summary.newest.map(|newest| newest.at), broken: None }
        }
        Err(broken) => EventChain { entries: 0, signed_at: None, broken: Some(broken.to_string()) },
    })
}

/// Verifies the chain, for `doctor`. `remedy` is the store's, if it cannot be read.
pub async fn self_check(store: &dyn EvidenceStore, remedy: &str) -> Finding {
    const CHECK: &str = "events";
    match report(store).await {
        Ok(EventChain { broken: Some(reason), .. }) => {
            let todo = "Run `keyferry audit verify`, and keep a copy of the stored data. If the signing key was lost, \
                        pass its id with --trust.";
            Finding::failed(CHECK, format!("events were changed outside of Keyferry: {reason}"), todo)
        }
        Ok(EventChain { entries, signed_at: Some(at), .. }) => {
            let found = format!("the event chain is intact: {entries} entries, the newest of {}", time_text(at));
            Finding::ok(CHECK, found)
        }
        Ok(_) => Finding::ok(CHECK, "there are no events yet"),
        Err(error) => Finding::failed(CHECK, format!("could not verify the event chain: {error}"), remedy),
    }
}
