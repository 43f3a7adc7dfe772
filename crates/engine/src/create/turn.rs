//! One order at a time for each person, over all replicas: between the look at open orders and the record of the new one nobody else
//! orders for the same person.

use std::time::Duration;

use keyferry_domain::ports::Claim;
use keyferry_domain::{ShipmentId, UserHandle};

use super::{CreateError, Stage};
use crate::Engine;

/// How often whoever waits asks again.
const PAUSE: Duration = Duration::from_millis(100);

/// Longer than any handle; more would only be told apart more finely.
const LONGEST: usize = 200;

impl Engine {
    /// Does the work when it is this order's turn. Should the process die, the turn ends when nobody can be alive to finish the work.
    pub(super) async fn in_turn<T>(
        &self,
        user: &UserHandle,
        id: ShipmentId,
        stage: &Stage,
        work: impl Future<Output = Result<T, CreateError>>,
    ) -> Result<T, CreateError> {
        let (name, holder) = (name(user), id.to_string());
        loop {
            let now = self.ports.clock.now();
            let claim = Claim { holder: holder.clone(), until: now + self.settings.submitting_claim };
            if self.ports.leases.take_lease(&name, &claim, now).await? {
                break;
            }
            if stage.caller_is_gone() {
                return Err(CreateError::TimedOut { shipment: None });
            }
            self.ports.clock.sleep(PAUSE).await;
        }
        let result = work.await;
        if let Err(error) = self.ports.leases.give_back_lease(&name, &holder).await {
            tracing::debug!(shipment = %id, %error, "the turn to order was not given back; it ends by itself");
        }
        result
    }
}

/// In the letters that a lease's name may have: two for each byte.
fn name(user: &UserHandle) -> String {
    let letters = user.as_str().bytes().take(LONGEST).flat_map(|byte| [byte >> 4, byte & 15]);
    "order-".chars().chain(letters.map(|nibble| char::from(b'a' + nibble))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_people_apart_in_letters() {
        assert_eq!(name(&UserHandle::new("T0_")), "order-fedafp");
    }
}
