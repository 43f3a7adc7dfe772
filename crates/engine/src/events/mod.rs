//! Events of all shipments for front ends: one order, read from a cursor.
//!
//! `notice` is what a front end receives about an event. It names the shipment, and contains no PIN, address or secret.
//! `announce` notices the commits of this process, so that readers and webhooks do not wait for the next poll.

mod announce;
mod feed;
mod history;
mod notice;

pub(crate) use self::announce::{Announcing, Commits};
pub(crate) use self::feed::events_up_to_damage;
pub use self::feed::{EventPage, Events};
pub use self::history::{HistoryEvent, HistoryFilter, HistoryPage};
pub(crate) use self::notice::Notices;
pub use self::notice::{EventType, Notice, NoticeData};
