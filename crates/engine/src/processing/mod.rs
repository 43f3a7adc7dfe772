//! Processing of open shipments.
//!
//! [`Processing`] starts runs. A run processes the shipments page by page, in two passes: it advances each shipment as
//! far as possible, in the first pass from fulfilment by the delivery service (`fulfil`) through registration of the
//! credentials (`register`), and beside it and in the second pass through PIN delivery (`hand_over`). It watches
//! cancelled shipments until the delivery service confirms (`watch`). It claims a shipment before a call that has an
//! effect outside. While it only asks, it writes nothing.

mod advance;
mod backoff;
mod fulfil;
mod gate;
mod hand_over;
mod obstacle;
mod pass;
mod register;
mod report;
mod run;
mod start;
mod step;
mod watch;
mod worked;

pub(crate) use self::obstacle::obstacle;
pub use self::report::{Run, RunReport};
pub(crate) use self::run::process_one;
pub use self::start::Processing;
