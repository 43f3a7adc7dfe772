//! One order at a time for each user, over all replicas: between the look at open orders and the record of the new one nobody else
//! orders for the same user.

use std::time::Duration;

use keyferry_domain::ports::Claim;
use keyferry_domain::{PersonKey, ShipmentId, Term};

use super::error::CreateError;
use super::progress::Stage;
use crate::context::Context;

/// How often whoever waits asks again.
const PAUSE: Duration = Duration::from_millis(100);

/// Longer than any handle; more would only be told apart more finely.
const LONGEST: usize = 200;

/// Does the work under the user's lock. Should the process die, the lock ends when nobody can be alive to finish the work.
pub(super) async fn locked<T>(
    context: &Context,
    user: &PersonKey,
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
    if let Err(error) = leases.give_back_lease(&name, &holder).await {
        tracing::debug!(shipment = %id, %error, "the lock of a user was not given back; it ends by itself");
    }
    result
}

/// In the letters that a lease's name may have: two for each byte.
fn name(user: &PersonKey) -> String {
    let term = Term::person(user);
    let letters = term.as_str().bytes().take(LONGEST).flat_map(|byte| [byte >> 4, byte & 15]);
    "order-".chars().chain(letters.map(|nibble| char::from(b'a' + nibble))).collect()
}

#[cfg(test)]
mod tests {
    use keyferry_domain::UserHandle;

    use super::*;

    #[test]
    fn a_name_tells_users_apart_in_letters() {
        let short = |handle| name(&PersonKey::Handle(UserHandle::new(handle)));
        assert!(short("T0_").ends_with("fedafp"), "{}", short("T0_"));
        assert_ne!(short("T0_"), name(&PersonKey::Upn("T0_".into())));
        assert!(short("T0_").strip_prefix("order-").unwrap().bytes().all(|byte| byte.is_ascii_lowercase()));
    }
}
