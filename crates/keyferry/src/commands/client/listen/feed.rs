//! Events of the API, through its outages.

use std::time::Duration;

use keyferry_client::model::EventPage;
use keyferry_client::{Api, ClientError, EventQuery};

use super::super::session::is_passing;
use crate::exit::Failure;
use crate::terminal::note;

/// Seconds for which the API holds back a response without events.
const WAIT: u32 = 30;

/// First pause in an outage. Each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Longest pause in an outage.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Position for the API: after the newest event.
const LATEST: &str = "latest";

/// Reads each event once, from a position.
pub(super) struct Feed<'a> {
    api: &'a Api,
    query: EventQuery,
    /// Position after the last event that was dealt with. The next page begins after it.
    pub(super) position: String,
}

impl<'a> Feed<'a> {
    /// Begins after a position, or after the newest event.
    ///
    /// # Errors
    /// The API refuses the position or the caller, or cannot be reached. Later outages are waited for; this one may be
    /// a wrong address.
    pub(super) async fn begin(
        api: &'a Api,
        types: Vec<String>,
        limit: u32,
        after: Option<String>,
    ) -> Result<Self, Failure> {
        let first = after.clone().unwrap_or_else(|| LATEST.to_owned());
        let query = EventQuery { after: Some(first), types: types.clone(), limit: Some(1), wait: None };
        let reply = api.events(&query).await.map_err(|error| explained(error, after.as_deref().unwrap_or(LATEST)))?;
        let query = EventQuery { after: None, types, limit: Some(limit), wait: Some(WAIT) };
        // A given position stays where it is: the event after it is not dealt with yet.
        Ok(Self { api, query, position: after.unwrap_or(reply.body.next) })
    }

    /// Returns the events after the position. Waits for some for a while, and through outages of the API.
    ///
    /// # Errors
    /// What does not pass by itself.
    pub(super) async fn next(&mut self) -> Result<EventPage, Failure> {
        self.query.after = Some(self.position.clone());
        let (mut pause, mut is_out) = (FIRST_PAUSE, false);
        loop {
            match self.api.events(&self.query).await {
                Ok(reply) => {
                    if is_out {
                        note("The API answers again. No event is missing.");
                    }
                    return Ok(reply.body);
                }
                Err(error) if is_passing(&error) => {
                    if !std::mem::replace(&mut is_out, true) {
                        let reason = error.to_string();
                        note(&format!("keyferry: {}. Waiting for the API", reason.trim_end_matches('.')));
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(error) => return Err(explained(error, &self.position)),
            }
        }
    }
}

/// Returns the error. That of an invalid position has what to do at the command line.
fn explained(error: ClientError, position: &str) -> Failure {
    match error.problem().and_then(|problem| problem.data("field")).as_deref() {
        Some("after") => Failure::failed(format!(
            "there is no position {position:?} in the events of this connector. Expected one of an earlier run; after \
             a restored backup, those are invalid. Without --after, the events from now on are read; with --after '', \
             all"
        )),
        _ => error.into(),
    }
}
