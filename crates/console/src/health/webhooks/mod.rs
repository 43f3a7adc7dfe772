//! Pages of one webhook: its deliveries, and sending them again.

mod log;
mod replay;
mod row;

pub(crate) use self::log::webhook;
pub(crate) use self::replay::{ask_replay, replay};
pub(super) use self::row::WebhookRow;
