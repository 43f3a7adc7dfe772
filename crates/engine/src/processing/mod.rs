//! Processing of open shipments.
//!
//! [`Processing`] starts runs. A run processes the shipments page by page, in two passes: it claims each shipment and
//! advances it as far as possible, in the first pass from fulfilment by the delivery service (`fulfil`) through
//! registration of the credentials (`register`), and in the second pass through PIN delivery (`hand_over`). It watches
//! cancelled shipments until the delivery service confirms (`watch`).

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
