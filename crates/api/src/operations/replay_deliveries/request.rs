//! Request body.

use keyferry_engine::Replay;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kit::problem::Problem;
use crate::kit::webhooks::message_id;

/// Most messages of one request.
const MOST: usize = 100;

/// Messages to send again: `messages`, or all dead ones.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"dead": true}))]
pub(crate) struct ReplayDeliveries {
    /// Ids of messages, whatever became of them.
    #[serde(default)]
    #[schema(max_items = 100)]
    messages: Option<Vec<String>>,
    /// `true`: all dead letters.
    #[serde(default)]
    dead: Option<bool>,
}

impl ReplayDeliveries {
    /// Validates the request.
    ///
    /// # Errors
    /// 400 with the invalid member.
    pub(crate) fn into_replay(self) -> Result<Replay, Problem> {
        match (self.messages, self.dead.unwrap_or_default()) {
            (None, true) => Ok(Replay::Dead),
            (Some(messages), false) if messages.len() <= MOST => {
                let ids: Option<Vec<_>> = messages.iter().map(|text| message_id(text)).collect();
                let message = "`messages`: expected ids of messages, as `message_id` of deliveries";
                ids.map(Replay::Messages).ok_or_else(|| Problem::field("messages", message))
            }
            (Some(_), false) => Err(Problem::field("messages", format!("`messages`: expected at most {MOST} ids"))),
            _ => Err(Problem::field("messages", "expected either `messages` or `dead`: true")),
        }
    }
}
