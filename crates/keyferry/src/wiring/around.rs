//! What may stand around the ports.

use std::sync::Arc;

use keyferry_domain::Clock;
use keyferry_engine::Ports;

/// Wraps what a connector is made of before it is put together. What is not wrapped stays as it is.
pub trait Around {
    /// The clock, before anything gets it.
    fn clock(&self, clock: Arc<dyn Clock>) -> Arc<dyn Clock> {
        clock
    }

    /// The ports, before the engine gets them.
    fn ports(&self, ports: Ports) -> Ports {
        ports
    }
}

/// Nothing around anything: the program as it is shipped.
#[derive(Clone, Copy, Debug)]
pub struct AsIs;

impl Around for AsIs {}
