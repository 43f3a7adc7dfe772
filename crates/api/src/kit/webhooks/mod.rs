//! What the operations on webhooks share.

mod description;
mod key;
mod problem;
mod response;

pub(crate) use self::description::checked_description;
pub(crate) use self::key::{WebhookKey, message_id};
pub(crate) use self::problem::problem;
pub(crate) use self::response::WebhookBody;
