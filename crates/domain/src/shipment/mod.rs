//! The aggregate: one order for one person, with all that is known of it.
//!
//! Its fields are private. What happens to a shipment is a transition: it consumes the shipment and returns a [`Change`], the new
//! shipment together with the events that tell what happened. Stores commit both in one step.

mod aggregate;
mod change;
mod obstacle;
mod terms;
mod transitions;

pub use aggregate::{Common, In, Phased, Shipment};

pub use change::{Change, EventWrite};
pub use obstacle::{NewObstacle, Obstacle, ObstacleClass};
pub use terms::{PersonKey, Term};
pub use transitions::{Retryable, Settleable, Submission};

#[cfg(test)]
mod tests;
