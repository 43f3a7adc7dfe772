//! Processing of open shipments.
//!
//! [`Processing`] starts runs. A run processes the shipments page by page: it claims each shipment and advances it as
//! far as possible, from fulfilment by the delivery service (`fulfil`) through registration of the credentials
//! (`register`) to PIN delivery (`hand_over`). It watches cancelled shipments until the delivery service confirms
//! (`watch`).

mod advance;
mod backoff;
mod fulfil;
mod hand_over;
mod register;
mod report;
mod run;
mod start;
mod step;
mod watch;
mod worked;

pub use self::report::{Run, RunReport};
pub(crate) use self::run::process_one;
pub use self::start::Processing;
