//! Lock per user, across all replicas. It is held from the check for open orders until the new order is recorded, so
//! that two concurrent orders for the same user cannot both pass the check.

use std::time::Duration;

use keyferry_domain::ports::Claim;
use keyferry_domain::{ShipmentId, Term, UserKey};

use super::error::CreateError;
use super::progress::Stage;
use crate::context::Context;

/// Interval between attempts to take the lock.
const PAUSE: Duration = Duration::from_millis(100);

/// Longest prefix of a search term in the name of a lock, in bytes. Longer than any user handle. Users whose terms
/// differ only after it share a lock, which is harmless.
const MAX_TERM: usize = 200;

/// Runs the work under the user's lock. If the process dies, the lock expires after `submitting_claim`, like the work.
pub(super) async fn locked<T>(
    context: &Context,
    user: &UserKey,
    id: ShipmentId,
    stage: &Stage,
    work: impl Future<Output = Result<T, CreateError>>,
) -> Result<T, CreateError> {
    let (name, holder) = (name(user), id.to_string());
    let leases = &context.ports.leases;
    loop {
        let now = context.now();
        let claim = Claim { holder: holder.clone(), until: now + context.settings.submitting_claim };
        if leases.take_lease(&name, &claim, now).await? {
            break;
        }
        if stage.caller_is_gone() {
            return Err(CreateError::TimedOut { shipment: None });
        }
        context.ports.clock.sleep(PAUSE).await;
    }
    let result = work.await;
    if let Err(error) = leases.release_lease(&name, &holder).await {
        tracing::debug!(shipment = %id, %error, "could not release user lock; it will expire");
    }
    result
}

/// Returns the name of the lock. Encodes each byte as two letters, because the name of a lease allows only `a-z` and
/// `-`.
fn name(user: &UserKey) -> String {
    let term = Term::person(user);
    let letters = term.as_str().bytes().take(MAX_TERM).flat_map(|byte| [byte >> 4, byte & 15]);
    "order-".chars().chain(letters.map(|nibble| char::from(b'a' + nibble))).collect()
}

#[cfg(test)]
mod tests {
    use keyferry_domain::UserHandle;

    use super::*;

    #[test]
    fn lock_names_are_distinct_and_contain_only_letters() {
        let short = |handle| name(&UserKey::Handle(UserHandle::new(handle)));
        assert!(short("T0_").ends_with("fedafp"), "{}", short("T0_"));
        assert_ne!(short("T0_"), name(&UserKey::Upn("T0_".into())));
        assert!(short("T0_").strip_prefix("order-").unwrap().bytes().all(|byte| byte.is_ascii_lowercase()));
    }
}
