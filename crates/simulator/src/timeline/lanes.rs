//! Lanes of the picture: people, replicas and outside parties.

use std::collections::BTreeSet;

use keyferry_domain::Party;
use keyferry_testkit::outside::Call;

use crate::trace::{Replica, Step};

/// Lane of the picture, from top to bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// People, parcels and operators.
    Life,
    Replica(Replica),
    IdentityProvider,
    DeliveryService,
    PinDelivery,
    Store,
}

impl Lane {
    /// Returns the lane of the party that a call goes to.
    pub(super) fn of(call: Call) -> Self {
        match call.party() {
            Party::IdentityProvider | Party::TokenEndpoint => Self::IdentityProvider,
            Party::DeliveryService | Party::Factory => Self::DeliveryService,
            Party::PinDelivery => Self::PinDelivery,
            Party::Store | Party::Connector => Self::Store,
        }
    }

    /// Returns the lanes that a trace needs.
    pub(super) fn all(steps: &[Step]) -> Vec<Self> {
        let replicas: BTreeSet<_> = steps.iter().filter_map(|step| step.replica).collect();
        let mut lanes = vec![Self::Life];
        lanes.extend(replicas.into_iter().map(Self::Replica));
        lanes.extend([Self::IdentityProvider, Self::DeliveryService, Self::PinDelivery, Self::Store]);
        lanes
    }

    pub(super) fn name(self) -> String {
        match self {
            Self::Life => "people and parcels".to_owned(),
            Self::Replica(number) => format!("replica {number}"),
            Self::IdentityProvider => "identity provider".to_owned(),
            Self::DeliveryService => "delivery service".to_owned(),
            Self::PinDelivery => "PIN delivery".to_owned(),
            Self::Store => "stores and journal".to_owned(),
        }
    }
}
