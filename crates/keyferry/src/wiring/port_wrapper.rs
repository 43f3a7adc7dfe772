//! What may wrap the ports.

use std::sync::Arc;

use axum::Router;
use keyferry_domain::Clock;
use keyferry_engine::Ports;

/// Wraps what a connector is made of before it is put together. What is not wrapped stays as it is.
pub trait PortWrapper {
    /// The clock, before anything gets it.
    fn clock(&self, clock: Arc<dyn Clock>) -> Arc<dyn Clock> {
        clock
    }

    /// The ports, before the engine gets them.
    fn ports(&self, ports: Ports) -> Ports {
        ports
    }

    /// The routes of the API, before they are served.
    fn routes(&self, routes: Router) -> Router {
        routes
    }
}

/// Wraps nothing: the program as it is shipped.
#[derive(Clone, Copy, Debug)]
pub struct Unwrapped;

impl PortWrapper for Unwrapped {}
