//! Sealer with a planted bug.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use keyferry_domain::ports::{OpenedCredential, OpenedPin, Preparation, PreparedOrder};
use keyferry_domain::{Failure, PinLength, Sealer, SecretBytes, ShipmentId};

use super::Bug;

pub(super) struct Envelopes {
    bug: Bug,
    inner: Arc<dyn Sealer>,
    /// Request, response key and envelope of the PIN that was opened last.
    previous: Mutex<Option<(ShipmentId, Vec<u8>, String)>>,
}

impl Envelopes {
    pub(super) fn new(bug: Bug, inner: Arc<dyn Sealer>) -> Self {
        Self { bug, inner, previous: Mutex::default() }
    }
}

#[async_trait]
impl Sealer for Envelopes {
    async fn prepare(&self, preparation: &Preparation<'_>) -> Result<PreparedOrder, Failure> {
        self.inner.prepare(preparation).await
    }

    async fn open_credential(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
    ) -> Result<OpenedCredential, Failure> {
        self.inner.open_credential(request, response_key, envelope).await
    }

    async fn open_pin(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
        length: PinLength,
    ) -> Result<OpenedPin, Failure> {
        let opened = self.inner.open_pin(request, response_key, envelope, length).await?;
        if self.bug != Bug::PinByPosition {
            return Ok(opened);
        }
        let this = (request, response_key.expose().to_vec(), envelope.to_owned());
        let previous = self.previous.lock().unwrap_or_else(PoisonError::into_inner).replace(this);
        let Some((request, key, envelope)) = previous else { return Ok(opened) };
        let other = self.inner.open_pin(request, &SecretBytes::new(key), &envelope, length).await?;
        Ok(OpenedPin { pin: other.pin, ..opened })
    }
}
