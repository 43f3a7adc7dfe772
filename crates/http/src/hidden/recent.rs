//! Secrets that many calls send, with their encodings.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::secret::Secret;

/// Most secrets that are kept: access tokens before and after a renewal, and the parts of a signed URL.
const MOST: usize = 16;

/// The secrets of the last calls. Deriving the encodings of an access token costs more than a signature, so it is done
/// once per token.
#[derive(Default)]
pub(crate) struct Recent(Mutex<VecDeque<Arc<Secret>>>);

impl Recent {
    /// Returns the secret with its encodings.
    pub(super) fn secret(&self, secret: &str) -> Arc<Secret> {
        let find = || self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().find(|one| one.is(secret)).cloned();
        if let Some(found) = find() {
            return found;
        }
        let new = Arc::new(Secret::new(secret));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front(new.clone());
        kept.truncate(MOST);
        new
    }
}
