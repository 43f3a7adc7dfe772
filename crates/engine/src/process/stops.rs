//! What is nobody's shipment: it holds back every shipment that needs the party concerned, and is said once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use keyferry_domain::ports::Addressing;
use keyferry_domain::{Party, PhaseName};

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
    pub(crate) fn hold(&self, phase: PhaseName, addressing: Addressing) -> bool {
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
pub(crate) fn reason_for(
    reasons: &BTreeMap<Party, String>,
    phase: PhaseName,
    addressing: Addressing,
) -> Option<&String> {
    use Party::{DeliveryService, IdentityProvider, PinDelivery, Store, TokenEndpoint};
    let needed: &[Party] = match (phase, addressing) {
        (PhaseName::Submitting, _) => &[Store],
        (PhaseName::Accepted, _) => &[Store, DeliveryService],
        (PhaseName::Fulfilled, _) => &[Store, DeliveryService, TokenEndpoint, IdentityProvider],
        (PhaseName::Registered, Addressing::ByTheOtherSide) => &[Store, DeliveryService, PinDelivery],
        (PhaseName::Registered, Addressing::Resolved) => {
            &[Store, DeliveryService, TokenEndpoint, IdentityProvider, PinDelivery]
        }
        _ => &[],
    };
    needed.iter().find_map(|party| reasons.get(party))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shipment waits for those whom its next step needs, and for nobody else.
    #[test]
    fn a_phase_waits_for_those_it_needs() {
        use Addressing::{ByTheOtherSide, Resolved};
        use Party::{DeliveryService, Factory, IdentityProvider, PinDelivery, Store, TokenEndpoint};
        let to_register = [Store, DeliveryService, TokenEndpoint, IdentityProvider];
        let with_directory = [Store, DeliveryService, TokenEndpoint, IdentityProvider, PinDelivery];
        for (phase, addressing, needed) in [
            (PhaseName::Submitting, Resolved, &[Store][..]),
            (PhaseName::Accepted, Resolved, &[Store, DeliveryService]),
            (PhaseName::Fulfilled, Resolved, &to_register),
            (PhaseName::Registered, ByTheOtherSide, &[Store, DeliveryService, PinDelivery]),
            (PhaseName::Registered, Resolved, &with_directory),
            (PhaseName::Complete, Resolved, &[]),
        ] {
            for party in [Store, DeliveryService, TokenEndpoint, IdentityProvider, PinDelivery, Factory] {
                let reasons = BTreeMap::from([(party, "down".to_owned())]);
                let waits = reason_for(&reasons, phase, addressing).is_some();
                assert_eq!(waits, needed.contains(&party), "{phase:?} {party}");
            }
        }
    }
}
