//! The connector of one life: the shipped program's `serve`, with its clock and ports wrapped. It tells every step on
//! standard output and hears on standard input how late it is; when that closes, the harness is gone and so are we.

mod clock;
mod legs;
pub(crate) mod planted;
mod ports;
mod steps;

use std::ffi::OsString;
use std::io::BufRead as _;
use std::process::ExitCode;
use std::sync::Arc;

use keyferry::{PortWrapper, Ports, Provider, Registration};
use keyferry_domain::Clock;
use serde::{Deserialize, Serialize};

use self::clock::{Offset, Stepped};
use self::planted::{Bug, Planted};
use self::ports::Wrapped;
use self::steps::Steps;

/// The first argument of a child.
pub(crate) const CONNECTOR: &str = "connector";

/// How one life is lived; the second argument, as JSON.
#[derive(Serialize, Deserialize)]
pub(crate) struct Spec {
    /// Seconds that have passed in this world beside the real ones.
    pub(crate) offset: i64,
    /// The step at which to stand still.
    pub(crate) strike: Option<Strike>,
    /// Lives before this one in the same directory.
    pub(crate) lives_before: u32,
    pub(crate) planted: Option<Bug>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Strike {
    pub(crate) step: String,
    /// The first time is 1.
    pub(crate) occurrence: u32,
}

/// Runs until it is killed.
pub(crate) fn run(spec: &str) -> ExitCode {
    let spec: Spec = serde_json::from_str(spec).unwrap();
    let offset = Offset::new(spec.offset);
    let heard = offset.clone();
    std::thread::spawn(move || listen(&heard));
    let wrapper = Child { offset, steps: Arc::new(Steps::new(spec.strike.clone())), spec };
    let arguments = ["keyferry", "serve", "--api-port", "0", "--probe-port", "0"];
    keyferry::run(arguments.map(OsString::from), &wrapper)
}

fn listen(offset: &Offset) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        if let Some(seconds) = line.strip_prefix("clock ").and_then(|seconds| seconds.parse().ok()) {
            offset.set(seconds);
            steps::say(&format!("clock {seconds}"));
        }
    }
    std::process::exit(3);
}

struct Child {
    offset: Offset,
    steps: Arc<Steps>,
    spec: Spec,
}

impl Child {
    fn wrapped(&self, provider: Provider, planted: &Planted) -> Provider {
        let registration = match provider.registration {
            Registration::CreationOptions(identity) => {
                Registration::CreationOptions(Wrapped::around(identity, &self.steps, planted))
            }
            own @ Registration::Own(_) => own,
        };
        Provider { registration, directory: Wrapped::around(provider.directory, &self.steps, planted) }
    }
}

impl PortWrapper for Child {
    fn clock(&self, clock: Arc<dyn Clock>) -> Arc<dyn Clock> {
        Arc::new(Stepped::new(clock, self.offset.clone()))
    }

    fn ports(&self, ports: Ports) -> Ports {
        let planted = planted::Planted::new(self.spec.planted, self.spec.lives_before);
        planted.begin(&ports);
        // Every port by name: a new one does not go unwrapped.
        let Ports {
            clock,
            entropy,
            providers,
            delivery_service,
            sealer,
            pin_delivery,
            shipments,
            secrets,
            idempotency,
            leases,
        } = ports;
        Ports {
            clock,
            entropy,
            providers: providers.map(|provider| self.wrapped(provider, &planted)),
            delivery_service: Wrapped::around(delivery_service, &self.steps, &planted),
            sealer: Wrapped::around(sealer, &self.steps, &planted),
            pin_delivery: Wrapped::around(pin_delivery, &self.steps, &planted),
            shipments: Wrapped::around(shipments, &self.steps, &planted),
            secrets: Wrapped::around(secrets, &self.steps, &planted),
            idempotency: Wrapped::around(idempotency, &self.steps, &planted),
            // Renewed by the clock, so how often is not the same in two runs; what it guards is killed at each step.
            leases,
        }
    }
}
