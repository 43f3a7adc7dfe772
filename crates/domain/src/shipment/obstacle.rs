//! Obstacles that keep a shipment from progressing.

use serde::{Deserialize, Serialize};

use crate::{Event, Timestamp};

/// Obstacle that keeps a shipment from progressing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Obstacle {
    /// Class of the obstacle.
    pub class: ObstacleClass,
    /// Stable code of the failure, kebab-case. Two obstacles with the same code are the same obstacle.
    pub code: String,
    /// What happened, in which call, and what to do, for operators. Never contains a secret or a PIN.
    pub message: String,
    /// Time of the first occurrence.
    pub since: Timestamp,
    /// Number of consecutive occurrences.
    pub attempts: u32,
    /// Time of the next attempt. `None` for a final obstacle.
    pub next_attempt: Option<Timestamp>,
    /// Event of the obstacle. Kept here so that a repetition can update its row without reading the events.
    pub event: Event,
}

/// New occurrence of an obstacle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewObstacle {
    /// Class of the obstacle.
    pub class: ObstacleClass,
    /// Stable code of the failure, kebab-case.
    pub code: String,
    /// What happened, in which call, and what to do, for operators.
    pub message: String,
    /// `message` without the `client-request-id`, for the event. A repetition with the same summary updates that event.
    pub summary: String,
    /// `client-request-id` of the call.
    pub correlation: Option<String>,
    /// Time of the next attempt. `None` for a final obstacle.
    pub next_attempt: Option<Timestamp>,
    /// Time of the occurrence.
    pub at: Timestamp,
}

/// Class of an obstacle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObstacleClass {
    /// Temporary. The next run retries.
    Retry,
    /// An operator must fix something. Every run retries.
    Attention,
    /// Permanent. Nothing is retried until an operator acts.
    Final,
}

impl ObstacleClass {
    /// All classes.
    pub const ALL: [Self; 3] = [Self::Retry, Self::Attention, Self::Final];

    /// Returns the name used in records and API responses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Attention => "attention",
            Self::Final => "final",
        }
    }

    /// Parses a name returned by [`ObstacleClass::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }
}
