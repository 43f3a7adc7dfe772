//! PIN delivery with a planted bug.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use keyferry_domain::ports::{Addressing, LinkNotice, PersonNotice, PinNotice, ReleaseNotice, Told};
use keyferry_domain::{Failure, PinDelivery};

use super::Bug;

pub(super) struct Pins {
    bug: Bug,
    inner: Arc<dyn PinDelivery>,
    attempts: AtomicU32,
}

impl Pins {
    pub(super) fn new(bug: Bug, inner: Arc<dyn PinDelivery>) -> Self {
        Self { bug, inner, attempts: AtomicU32::new(0) }
    }

    fn message_id(&self, notice: &PinNotice<'_>) -> String {
        match self.bug {
            Bug::MessageIdPerAttempt => {
                format!("{}.{}", notice.message_id, self.attempts.fetch_add(1, Ordering::Relaxed))
            }
            Bug::ResendWithSameId => format!("{}.pin", notice.shipment),
            _ => notice.message_id.to_owned(),
        }
    }
}

#[async_trait]
impl PinDelivery for Pins {
    fn addressing(&self) -> Addressing {
        self.inner.addressing()
    }

    async fn deliver(&self, notice: &PinNotice<'_>) -> Result<(), Failure> {
        let message_id = self.message_id(notice);
        let notice = PinNotice { message_id: &message_id, ..*notice };
        let sent = self.inner.deliver(&notice).await;
        match self.bug {
            Bug::PinFailureIgnored => Ok(()),
            Bug::PinInFailure => sent.map_err(|mut failure| {
                failure.message = format!("{}: could not send {}", failure.message, notice.pin.expose());
                failure
            }),
            _ => sent,
        }
    }

    async fn deliver_link(&self, notice: &LinkNotice<'_>) -> Result<(), Failure> {
        self.inner.deliver_link(notice).await
    }

    async fn mail_person(&self, notice: &PersonNotice<'_>) -> Result<(), Failure> {
        self.inner.mail_person(notice).await
    }

    async fn tell_released(&self, notice: &ReleaseNotice<'_>) -> Result<Told, Failure> {
        self.inner.tell_released(notice).await
    }
}
