//! Hook to wrap the ports.

use std::sync::Arc;

use axum::Router;
use keyferry_domain::Clock;
use keyferry_engine::Ports;

/// Wraps the ports of a connector before it is built. By default, nothing is wrapped.
pub trait PortWrapper {
    /// Wraps the clock, before anything uses it.
    fn clock(&self, clock: Arc<dyn Clock>) -> Arc<dyn Clock> {
        clock
    }

    /// Wraps the ports, before the engine uses them.
    fn ports(&self, ports: Ports) -> Ports {
        ports
    }

    /// The routes of the API, before they are served.
    fn routes(&self, routes: Router) -> Router {
        routes
    }
}

/// Wraps nothing, as the released program does.
#[derive(Clone, Copy, Debug)]
pub struct Unwrapped;

impl PortWrapper for Unwrapped {}
