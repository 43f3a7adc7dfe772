//! Ports of a running connector.

use std::sync::{Arc, Mutex};

use keyferry_domain::ProviderId;
use keyferry_engine::{Ports, Provider, Providers, Registration};
use keyferry_testkit::outside::Node;
use keyferry_testkit::{MemoryWebhooks, Receivers};

use super::sealing::{Enrolments, ProviderSeals, sealing_provider};
use super::{Life, Outside};

/// Default provider of the tests.
fn provider() -> ProviderId {
    ProviderId::new("login")
}

fn with_options(node: &Arc<Node>) -> Provider {
    Provider { registration: Registration::CreationOptions(node.clone()), directory: node.clone() }
}

pub(crate) fn ports(outside: &Arc<Outside>, life: &Arc<Life>) -> Ports {
    let node = Node::new(outside, life);
    Ports {
        clock: node.clone(),
        entropy: outside.chance.clone(),
        providers: Providers::new(provider(), with_options(&node)),
        delivery_service: node.clone(),
        sealer: node.clone(),
        pin_delivery: node.clone(),
        shipments: node.clone(),
        secrets: node.clone(),
        idempotency: node.clone(),
        leases: node.clone(),
        batches: outside.batches.clone(),
        journal: node,
        webhooks: Arc::new(MemoryWebhooks::default()),
        webhook_sender: Arc::new(Receivers::default()),
    }
}

/// Returns ports whose default provider seals the requests itself.
pub(crate) fn ports_of_sealing_provider(outside: &Arc<Outside>, enrolments: &Arc<Mutex<Enrolments>>) -> Ports {
    let life = Arc::default();
    let node = Node::new(outside, &life);
    let ceremony = Arc::new(ProviderSeals { node: node.clone(), enrolments: enrolments.clone() });
    let seals = Provider { registration: Registration::Own(ceremony), directory: node.clone() };
    let providers = Providers::new(sealing_provider(), seals).with(provider(), with_options(&node));
    Ports { providers, ..ports(outside, &life) }
}
