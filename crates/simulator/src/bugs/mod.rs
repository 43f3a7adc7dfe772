//! Planted bugs: a layer between the engine and its ports that behaves as the engine would with a programming mistake.
//!
//! The engine itself contains no hook for them, because a feature of a workspace would also be compiled into the
//! shipped program. A mistake in the engine is visible only by what it asks of its ports, so the layer makes the same
//! wrong calls, or gives the engine the wrong answer that the mistake would have produced.

mod batches;
mod catalogue;
mod clock;
mod delivery;
mod directory;
mod identity;
mod journal;
mod keys;
mod leases;
mod pins;
mod sealer;
mod secrets;
mod shipments;
mod webhooks;

use std::sync::Arc;

use keyferry_engine::{AddresseeRule, EngineSettings, Ports, Provider, Registration};

pub use self::catalogue::Bug;

/// One port with a planted bug.
struct Faulty<T: ?Sized> {
    bug: Bug,
    inner: Arc<T>,
}

impl<T: ?Sized> Faulty<T> {
    fn is(&self, bug: Bug) -> bool {
        self.bug == bug
    }
}

/// Returns the ports of one replica with the bug. All replicas of a simulation have the same bug.
#[must_use]
pub fn planted(bug: Bug, ports: Ports) -> Ports {
    let clock = Arc::new(clock::Clock { bug, inner: ports.clock.clone() });
    let providers = ports.providers.clone().map(|Provider { registration, directory }| Provider {
        registration: match registration {
            Registration::CreationOptions(inner) => {
                Registration::CreationOptions(Arc::new(identity::Identity::new(bug, inner, ports.clock.clone())))
            }
            own @ Registration::Own(_) => own,
        },
        directory: Arc::new(directory::People::new(bug, directory)),
    });
    Ports {
        clock,
        entropy: ports.entropy.clone(),
        providers,
        delivery_service: Arc::new(delivery::Delivery::new(bug, ports.delivery_service)),
        sealer: Arc::new(sealer::Envelopes::new(bug, ports.sealer)),
        pin_delivery: Arc::new(pins::Pins::new(bug, ports.pin_delivery)),
        shipments: Arc::new(shipments::Shipments::new(bug, ports.shipments, ports.secrets.clone())),
        secrets: Arc::new(Faulty { bug, inner: ports.secrets }),
        idempotency: Arc::new(Faulty { bug, inner: ports.idempotency }),
        leases: Arc::new(Faulty { bug, inner: ports.leases }),
        batches: Arc::new(batches::Batches {
            bug,
            inner: ports.batches,
            clock: ports.clock.clone(),
            entropy: ports.entropy.clone(),
        }),
        journal: Arc::new(Faulty { bug, inner: ports.journal }),
        webhooks: Arc::new(webhooks::Webhooks { bug, inner: ports.webhooks, clock: ports.clock }),
        webhook_sender: Arc::new(Faulty { bug, inner: ports.webhook_sender }),
    }
}

/// Changes the settings for bugs that are a rule that is not applied.
pub fn misconfigure(bug: Bug, settings: &mut EngineSettings) {
    match bug {
        Bug::ReleaseWithoutWindow => settings.pin_release_window_days = 0,
        Bug::AddresseeFallback => settings.addressees.push(AddresseeRule::Recipient),
        Bug::UserNotPinned => settings.compare_user_handle = false,
        _ => {}
    }
}
