//! Keys of a shipment, and the addressees of their PINs.

use chrono::TimeDelta;
use keyferry_domain::ports::{SecretName, StoreError};
use keyferry_domain::{Common, Failure, Hardware, Key, PlannedCredential};

use super::addressee::Addressee;
use super::addressees::{Addressees, Resolved};
use crate::ceremony::PinSource;
use crate::context::Context;
use crate::failures::findings;
use crate::shipment_secret::ShipmentSecret;

/// Time by which the release window may start before the first PIN is sent. Each correction writes the secret.
const WINDOW_START_TOLERANCE: TimeDelta = TimeDelta::days(1);

/// Keys of a shipment whose record matches its secret.
pub(super) struct Keys<'a> {
    pub(super) context: &'a Context,
    pub(super) shipment: &'a Common,
    pub(super) hardware: &'a [Hardware],
    pub(super) secret: ShipmentSecret,
}

/// Addressees of a shipment's PINs, found before its keys are registered and fixed in its secret afterwards, unless
/// they are fixed already.
///
/// An addressee that cannot be fixed, for example because the user has no manager or the directory is down, remains
/// open until the PIN can be sent. The registration is recorded all the same: an unrecorded one could be cancelled.
pub(crate) struct Fixing<'a> {
    keys: Keys<'a>,
    found: Option<Vec<Addressee>>,
}

impl<'a> Fixing<'a> {
    /// Finds the addressees. The same calls show whether the user can use a key at all.
    ///
    /// # Errors
    /// A finding if the user's account is disabled or does not exist: nothing may be registered.
    pub(crate) async fn begin(
        context: &'a Context,
        shipment: &'a Common,
        hardware: &'a [Hardware],
        secret: ShipmentSecret,
    ) -> Result<Self, Failure> {
        let keys = Keys { context, shipment, hardware, secret };
        match keys.find_if_open().await {
            Ok(found) => Ok(Self { keys, found }),
            Err(failure) => match findings::no_usable_account(&failure) {
                Some(finding) => Err(finding),
                None => {
                    keys.log_open(&failure);
                    Ok(Self { keys, found: None })
                }
            },
        }
    }

    /// Returns the shipment's secret.
    pub(crate) fn secret(&self) -> &ShipmentSecret {
        &self.keys.secret
    }

    /// Fixes the addressees. Called when the keys are registered.
    pub(crate) async fn finish(mut self) {
        let Some(found) = self.found.take() else { return };
        if let Err(failure) = self.keys.fix(found).await {
            self.keys.log_open(&failure);
        }
    }
}

impl<'a> Keys<'a> {
    /// Returns the addressees, unless they are fixed.
    async fn find_if_open(&self) -> Result<Option<Vec<Addressee>>, Failure> {
        if self.fixed()?.is_some() {
            return Ok(None);
        }
        let resolved = self.resolve().await?;
        Ok(Some(resolved.into_iter().map(|resolved| resolved.addressee).collect()))
    }

    /// The delivery of the PIN, which is the next step, meets a lasting failure again and records it.
    fn log_open(&self, failure: &Failure) {
        let (code, correlation) = (failure.code(), failure.correlation.as_deref());
        tracing::info!(shipment = %self.shipment.id(), code, correlation, "addressee of PIN is still open");
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a Key, &'a Hardware)> + use<'a> {
        self.shipment.keys().iter().zip(self.hardware)
    }

    /// Returns the current addressee of each key's PIN.
    pub(super) async fn resolve(&self) -> Result<Vec<Resolved>, Failure> {
        let mut resolved = Vec::new();
        for (key, _) in self.iter() {
            let planned = planned(key)?;
            resolved.push(match self.context.ceremonies.of_key(key)?.pin() {
                PinSource::Provider(_) => Resolved::elsewhere(planned.user.to_string()),
                PinSource::Connector(_) => {
                    let directory = self.context.directory(&planned.provider)?;
                    let addressees = Addressees { context: self.context, directory, refuses_disabled: true };
                    addressees.of(self.shipment.into(), &planned.pinned_user(), &planned.user).await?
                }
            });
        }
        Ok(resolved)
    }

    /// Returns the fixed addressee of each key's PIN. `None` if none is fixed.
    pub(super) fn fixed(&self) -> Result<Option<Vec<&Addressee>>, Failure> {
        let fixed = self.secret.addressees(self.hardware);
        fixed.map_err(|unusable| Context::unusable(self.shipment.id(), &unusable))
    }

    /// Starts the release window. It starts when the addressees are fixed, which is usually shortly before the PINs are
    /// sent for the first time. Otherwise the same addressees are fixed again.
    pub(super) async fn start_window(&mut self) -> Result<(), Failure> {
        let is_old = self.secret.fixed_at().is_some_and(|at| at + WINDOW_START_TOLERANCE < self.context.now());
        let Some(fixed) = self.fixed()?.filter(|_| is_old) else { return Ok(()) };
        let same = fixed.into_iter().cloned().collect();
        self.fix(same).await
    }

    /// Fixes the addressees in the secret, with the time. If another worker was faster, its addressees are fixed.
    pub(super) async fn fix(&mut self, addressees: Vec<Addressee>) -> Result<(), Failure> {
        let fixed = self.secret.with_addressees(self.hardware, addressees, self.context.now());
        let fixed = fixed.map_err(|_| findings::secret_not_encoded())?;
        let name = SecretName::of(self.shipment.id());
        match self.context.ports.secrets.replace(&name, self.secret.stored(), fixed.stored()).await {
            Ok(()) => self.secret = fixed,
            Err(conflict @ StoreError::Conflict(_)) => {
                self.secret = self.context.secret(self.shipment).await?;
                if self.fixed()?.is_none() {
                    return Err(findings::store(&conflict));
                }
            }
            Err(error) => return Err(findings::store(&error)),
        }
        Ok(())
    }
}

pub(super) fn planned(key: &Key) -> Result<&PlannedCredential, Failure> {
    key.credentials.first().ok_or_else(|| findings::factory("wrong-key", "the key has no credentials"))
}
