//! The connector process: the shipped program's `serve`, with its clock and ports wrapped.
//!
//! It announces every step on standard error and receives the time on standard input. When standard input closes, the
//! harness has exited, and so does this process.

mod clock;
mod flows;
pub(crate) mod planted;
mod ports;
mod refusal;
mod steps;

use std::ffi::OsString;
use std::io::BufRead as _;
use std::process::ExitCode;
use std::sync::Arc;

use keyferry::{PortWrapper, Ports, Provider, Registration};
use keyferry_domain::Clock;
use serde::{Deserialize, Serialize};

use self::clock::{Offset, OffsetClock};
use self::planted::{Bug, Planted};
use self::ports::Wrapped;
pub(crate) use self::refusal::{FILLING, Refusal, RefuseFrom};
use self::steps::Steps;

/// The first argument of a connector process.
pub(crate) const CONNECTOR: &str = "connector";

/// Parameters of one connector process. The second argument, as JSON.
#[derive(Serialize, Deserialize)]
pub(crate) struct Spec {
    /// Offset of the clock to the real time, in seconds.
    pub(crate) offset: i64,
    /// The step to stop at, until the harness kills the process.
    pub(crate) stop_at: Option<StepAt>,
    /// The step from which on the store refuses writes.
    pub(crate) refuse_from: Option<RefuseFrom>,
    /// Number of earlier connector processes in the same directory.
    pub(crate) restarts: u32,
    pub(crate) planted: Option<Bug>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StepAt {
    pub(crate) step: String,
    /// Counted from 1.
    pub(crate) occurrence: u32,
}

/// Runs the connector until it is killed.
pub(crate) fn run(spec: &str) -> ExitCode {
    let spec: Spec = serde_json::from_str(spec).unwrap();
    let offset = Offset::new(spec.offset);
    let received = offset.clone();
    std::thread::spawn(move || listen(&received));
    let wrapper = Child { offset, steps: Arc::new(Steps::new(spec.stop_at.clone(), spec.refuse_from.clone())), spec };
    let arguments = ["keyferry", "serve", "--api-port", "0", "--probe-port", "0"];
    keyferry::run(arguments.map(OsString::from), &wrapper)
}

fn listen(offset: &Offset) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        if let Some(seconds) = line.strip_prefix("clock ").and_then(|seconds| seconds.parse().ok()) {
            offset.set(seconds);
            steps::announce(&format!("clock {seconds}"));
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
        Arc::new(OffsetClock::new(clock, self.offset.clone()))
    }

    fn ports(&self, ports: Ports) -> Ports {
        let planted = planted::Planted::new(self.spec.planted, self.spec.restarts);
        planted.begin(&ports);
        // Destructured without `..`, so that a new port cannot be left unwrapped by mistake.
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
            batches,
            journal,
            webhooks,
            webhook_sender,
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
            // Not wrapped: leases are renewed by time, so the number of calls differs between runs. The work that they
            // guard is covered by the steps of the other ports.
            leases,
            batches: Wrapped::around(batches, &self.steps, &planted),
            journal: Wrapped::around(journal, &self.steps, &planted),
            // Not wrapped: no webhook is subscribed.
            webhooks,
            webhook_sender,
        }
    }
}
