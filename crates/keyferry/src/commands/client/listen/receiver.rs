//! Forwarding to a receiver that is being developed.

use std::fmt;
use std::time::Duration;

use keyferry_client::model::Notice;
use keyferry_domain::{Attempt, Clock as _, SecretBytes, Timestamp};
use keyferry_webhooks::{ForwardedEvent, Forwarder};
use serde::Serialize;
use url::Url;

use crate::system::SystemClock;
use crate::terminal::note;

/// First pause while the receiver does not answer. Each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Longest pause of our own: a receiver that is being developed is restarted often.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Longest pause that the receiver can ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(60);

/// A receiver. An event is sent until it answers, and then not again, whatever the answer is.
pub(super) struct Receiver {
    forwarder: Forwarder,
    /// The URL without its query, which may be confidential.
    shown: String,
}

/// The receiver's answer to an event.
#[derive(Debug, Serialize)]
pub(super) struct Forwarded {
    pub(super) message_id: String,
    pub(super) accepted: bool,
    pub(super) status: Option<u16>,
    /// Duration of the last attempt.
    pub(super) milliseconds: u64,
    pub(super) reason: Option<String>,
}

impl fmt::Display for Forwarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, milliseconds, accepted, .. } = self;
        match status {
            Some(status) => write!(f, "{status} {milliseconds} ms")?,
            None => write!(f, "- {milliseconds} ms")?,
        }
        if *accepted { Ok(()) } else { f.write_str(" not accepted") }
    }
}

impl Receiver {
    /// Creates the receiver. Makes no call.
    ///
    /// # Errors
    /// The URL or the secret is invalid.
    pub(super) fn new(url: &Url, secret: SecretBytes) -> Result<Self, String> {
        let forwarder = Forwarder::new(url.as_str(), secret)?;
        let mut shown = url.clone();
        shown.set_query(None);
        Ok(Self { forwarder, shown: shown.to_string() })
    }

    /// Sends the event until the receiver answers.
    pub(super) async fn deliver(&self, event: &Notice) -> Forwarded {
        // Cannot fail: all members are texts and numbers.
        let body = serde_json::to_string(event).unwrap_or_default();
        let sent = ForwardedEvent {
            shipment: &event.data.id,
            number: event.data.event,
            timestamp: event.timestamp.parse().unwrap_or(Timestamp::UNIX_EPOCH),
            body: &body,
        };
        let (mut pause, mut is_out) = (FIRST_PAUSE, false);
        loop {
            let begin = SystemClock.monotonic();
            let attempt = self.forwarder.send(sent, SystemClock.now()).await;
            let took = SystemClock.monotonic().saturating_sub(begin);
            if has_answered(&attempt) {
                if is_out {
                    note(&format!("{self} answers again."));
                }
                return Forwarded {
                    message_id: sent.message_id().to_string(),
                    accepted: attempt.is_accepted(),
                    status: attempt.outcome.status,
                    milliseconds: took.as_millis().try_into().unwrap_or(u64::MAX),
                    reason: attempt.outcome.problem,
                };
            }
            if !std::mem::replace(&mut is_out, true) {
                let reason = attempt.outcome.problem.unwrap_or_default();
                note(&format!("keyferry: {self} does not answer ({reason}). Events wait for it"));
            }
            let asked = attempt.retry_after.unwrap_or_default().min(LONGEST_ASKED);
            tokio::time::sleep(pause.max(asked)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Returns whether the answer is the receiver's. The statuses 502 to 504 come from what is in front of it.
fn has_answered(attempt: &Attempt) -> bool {
    attempt.outcome.status.is_some_and(|status| !(502..=504).contains(&status))
}
