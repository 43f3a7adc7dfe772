//! Orders that wait for their turn: accepted at once, and sent at the pace that the outside permits.
//!
//! `accept` stores the order, sealed, and its record. The [`Dispatcher`] of one replica at a time sends queued orders:
//! it claims each record, and places the order like one whose caller waits.

mod accept;
mod address;
mod dispatcher;
mod given;
mod hold;
mod planned;
mod send;
mod stored_order;
mod wake;

pub use self::accept::{Enqueued, QueueRequest};
pub(crate) use self::accept::{accept, asks_person};
pub(crate) use self::address::SealedOrder;
pub use self::dispatcher::Dispatcher;
pub use self::given::GivenAddress;
pub(crate) use self::hold::BATCH_PAUSED;
pub(crate) use self::planned::{plan, queue_planned};
pub(crate) use self::wake::Wake;
