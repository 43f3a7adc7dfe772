//! What is nobody's shipment: it holds back every shipment that needs the party concerned, and is said once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use keyferry_domain::ports::Addressing;
use keyferry_domain::{Party, Phase};

/// Why parties are not asked for the rest of a run.
#[derive(Default)]
pub(crate) struct Stops(Mutex<BTreeMap<Party, String>>);

impl Stops {
    pub(crate) fn new(reasons: BTreeMap<Party, String>) -> Self {
        Self(Mutex::new(reasons))
    }

    pub(crate) fn add(&self, party: Party, reason: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(party).or_insert(reason);
    }

    /// Whether a shipment in this phase has to wait.
    pub(crate) fn hold(&self, phase: &Phase, addressing: Addressing) -> bool {
        reason_for(&self.0.lock().unwrap_or_else(PoisonError::into_inner), phase, addressing).is_some()
    }

    /// Whether no shipment at all can go on.
    pub(crate) fn hold_all(&self) -> bool {
        let reasons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reasons.contains_key(&Party::Store) || reasons.contains_key(&Party::DeliveryService)
    }

    pub(crate) fn into_inner(self) -> BTreeMap<Party, String> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a shipment in this phase has to wait, if it has to.
pub(crate) fn reason_for<'a>(
    reasons: &'a BTreeMap<Party, String>,
    phase: &Phase,
    addressing: Addressing,
) -> Option<&'a String> {
    use Party::{DeliveryService, IdentityProvider, PinDelivery, Store, TokenEndpoint};
    let needed: &[Party] = match (phase, addressing) {
        (Phase::Submitting(_), _) => &[Store],
        (Phase::Accepted(_), _) => &[Store, DeliveryService],
        (Phase::Fulfilled(_), _) => &[Store, DeliveryService, TokenEndpoint, IdentityProvider],
        (Phase::Registered(_), Addressing::ByTheOtherSide) => &[Store, DeliveryService, PinDelivery],
        (Phase::Registered(_), Addressing::Resolved) => {
            &[Store, DeliveryService, TokenEndpoint, IdentityProvider, PinDelivery]
        }
        _ => &[],
    };
    needed.iter().find_map(|party| reasons.get(party))
}

#[cfg(test)]
mod tests {
    use keyferry_domain::phase::{CompletedBy, Submitting};
    use keyferry_domain::{FulfilmentId, Timestamp};

    use super::*;

    /// A shipment waits for those whom its next step needs, and for nobody else.
    #[test]
    fn a_phase_waits_for_those_it_needs() {
        use Addressing::{ByTheOtherSide, Resolved};
        use Party::{DeliveryService, Factory, IdentityProvider, PinDelivery, Store, TokenEndpoint};
        let at = Timestamp::UNIX_EPOCH;
        let submitting = Submitting::new(at);
        let accepted = submitting.clone().accepted(FulfilmentId::new("7"), at);
        let fulfilled = accepted.clone().fulfilled(Vec::new(), at);
        let registered = fulfilled.clone().registered(Vec::new(), at);
        let complete = Phase::from(registered.clone()).set_complete(at, CompletedBy::Record);
        let to_register = [Store, DeliveryService, TokenEndpoint, IdentityProvider];
        let with_directory = [Store, DeliveryService, TokenEndpoint, IdentityProvider, PinDelivery];
        for (phase, addressing, needed) in [
            (Phase::from(submitting), Resolved, &[Store][..]),
            (accepted.into(), Resolved, &[Store, DeliveryService]),
            (fulfilled.into(), Resolved, &to_register),
            (registered.clone().into(), ByTheOtherSide, &[Store, DeliveryService, PinDelivery]),
            (registered.into(), Resolved, &with_directory),
            (complete.into(), Resolved, &[]),
        ] {
            for party in [Store, DeliveryService, TokenEndpoint, IdentityProvider, PinDelivery, Factory] {
                let reasons = BTreeMap::from([(party, "down".to_owned())]);
                let waits = reason_for(&reasons, &phase, addressing).is_some();
                assert_eq!(waits, needed.contains(&party), "{phase:?} {party}");
            }
        }
    }
}
