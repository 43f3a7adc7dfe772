//! Fulfilled: open the credential responses, check them, and register them for the person they were ordered for.

use keyferry_domain::ports::{FulfilledItem, FulfilmentStatus, SecretName, StoreError};
use keyferry_domain::{
    Change, Common, CreationOptions, Effect, Failure, FailureKind, Fulfilled, Hardware, In, Key, NewCredential, Note,
    Operation, Party, PlannedCredential, RegisteredCredential, RegisteredMethod, UserRef,
};

use super::advance::Step;
use super::fulfil::{cancellation, check_items, found, refuse_failed};
use crate::Engine;
use crate::bundle::Bundle;
use crate::engine::store_failure;
use crate::verify::{Checked, factory};

/// How often an ambiguous registration is looked up before it is left to the next run.
const LOOK_UPS: u32 = 3;

impl Engine {
    pub(super) async fn register(&self, it: In<Fulfilled>, status: Option<FulfilmentStatus>) -> Step {
        let status = match status {
            Some(status) => Ok(status),
            None => self.delivery_status(&it.phase().accepted.fulfilment_id).await,
        };
        let now = self.ports.clock.now();
        let status = match status {
            Ok(status) => status,
            Err(unknown) if self.is_cancelled(&it, &unknown) => {
                let (reason, note) = cancellation(&unknown, now);
                return Step::On(it.cancel(reason, note), None);
            }
            Err(failure) => return Step::Held(Change::none(it), failure),
        };
        match self.register_all(&it, &status).await {
            Ok((registered, note)) => Step::On(it.register(registered, note), Some(status)),
            Err(failure) => Step::Held(Change::none(it), failure),
        }
    }

    /// Registers each credential of each key.
    async fn register_all(
        &self,
        shipment: &In<Fulfilled>,
        status: &FulfilmentStatus,
    ) -> Result<(Vec<Vec<RegisteredCredential>>, Note), Failure> {
        refuse_failed(status)?;
        check_items(status, shipment.keys())?;
        let bundle = self.bundle(shipment).await?;
        let mut options = bundle.creation_options.iter();
        let (mut registered, mut correlation) = (Vec::new(), None);
        for ((item, key), hardware) in status.items.iter().zip(shipment.keys()).zip(&shipment.phase().keys) {
            if item.hardware.serial != hardware.serial {
                let what = format!(
                    "the shipment was made as key {} and is reported as key {}",
                    hardware.serial, item.hardware.serial
                );
                return Err(found(status, "unexpected-keys", &what));
            }
            let mut on_key = Vec::new();
            for (planned, envelope) in key.credentials.iter().zip(&item.credential_responses) {
                let options = options.next().ok_or_else(|| secret_gone(shipment))?;
                let made = Made { item, key, hardware, envelope };
                let (credential, call) = self.register_one(shipment, planned, options, &bundle, &made).await?;
                on_key.push(credential);
                correlation = correlation.or(call);
            }
            registered.push(on_key);
        }
        let names: Vec<_> = registered.iter().flatten().map(|credential| credential.display_name.as_str()).collect();
        let detail = format!("the identity provider holds {}", names.join(", "));
        Ok((registered, Note::new(self.ports.clock.now(), detail).with_correlation(correlation)))
    }

    async fn register_one(
        &self,
        shipment: &Common,
        planned: &PlannedCredential,
        options: &CreationOptions,
        bundle: &Bundle,
        made: &Made<'_>,
    ) -> Result<(RegisteredCredential, Option<String>), Failure> {
        let opened = self.ports.fulfilment.open_credential(shipment.id(), &bundle.response_key, made.envelope).await?;
        if opened.serial != made.hardware.serial {
            let what =
                format!("the credential response is of key {}, not of key {}", opened.serial, made.hardware.serial);
            return Err(factory("wrong-key", &what));
        }
        let checked = self.check(options, &opened, made.key)?;
        let credential = NewCredential {
            credential_id: checked.credential_id.clone(),
            client_data_json: checked.client_data_json.clone(),
            attestation_object: checked.attestation_object.clone(),
            client_extension_results: checked.client_extension_results.clone(),
            display_name: self.settings.display_name.render(&made.item.hardware, &made.key.product),
        };
        let user = planned.pinned_user();
        let method = match self.ports.identity.find(&user, &credential.credential_id).await? {
            Some(method) => method,
            None => {
                self.refuse_other_person(planned, Operation::Register).await?;
                let registered = self.register_new(&user, &credential).await;
                registered.map_err(|failure| self.refused_for_good(failure, planned))?
            }
        };
        let correlation = method.correlation.clone();
        Ok((self.registered(checked, method, credential.display_name), correlation))
    }

    /// A name can be given to somebody else while the parcel travels; the handle cannot.
    pub(super) async fn refuse_other_person(
        &self,
        planned: &PlannedCredential,
        before: Operation,
    ) -> Result<(), Failure> {
        if planned.object_id.is_some() || !self.settings.compare_user_handle {
            return Ok(());
        }
        // inferred: asking again does not void the challenge that the key answered.
        let now = self.ports.identity.creation_options(&planned.user, self.settings.challenge_lifetime).await?;
        if now.user_handle == planned.user_handle {
            return Ok(());
        }
        let message = format!("{} names another person now than when the key was ordered", planned.user);
        Err(Failure::new(Party::IdentityProvider, before, FailureKind::Found("user-changed"), message))
    }

    /// Registers; what is ambiguous or said to be there already is settled by looking the method up.
    async fn register_new(&self, user: &UserRef, credential: &NewCredential) -> Result<RegisteredMethod, Failure> {
        let failure = match self.ports.identity.register(user, credential).await {
            Ok(method) => return Ok(method),
            Err(failure) => failure,
        };
        let look_ups = match (failure.effect, failure.status()) {
            (Effect::Unknown, _) => LOOK_UPS,
            (Effect::None, Some(400 | 409)) => 1,
            _ => return Err(failure),
        };
        let mut unsettled = None;
        for attempt in 0..look_ups {
            if attempt > 0 {
                self.ports.clock.sleep(self.settings.settle_pause).await;
            }
            match self.ports.identity.find(user, &credential.credential_id).await {
                Ok(Some(method)) => {
                    tracing::info!(method = %method.id, "a registration whose answer was lost is there");
                    return Ok(method);
                }
                Ok(None) => unsettled = None,
                Err(failure) => unsettled = Some(failure),
            }
        }
        // A refusal counts only once it is sure that the method is not there.
        match unsettled {
            Some(look_up) if failure.effect == Effect::None => Err(look_up),
            _ => Err(failure),
        }
    }

    /// The identity provider names no reason that can be relied on, so a refusal after the deadline that it set itself
    /// is taken for the challenge's death, and one before for something that can be mended.
    fn refused_for_good(&self, failure: Failure, planned: &PlannedCredential) -> Failure {
        if failure.status() == Some(400) && planned.deadline <= self.ports.clock.now() {
            return Failure { kind: FailureKind::Found("challenge-expired"), ..failure };
        }
        failure
    }

    fn registered(&self, checked: Checked, method: RegisteredMethod, display_name: String) -> RegisteredCredential {
        RegisteredCredential {
            credential_id: checked.credential_id,
            aaguid: checked.aaguid,
            method_id: method.id,
            display_name: method.display_name.unwrap_or(display_name),
            registered_at: self.ports.clock.now(),
        }
    }

    /// The shipment's secret.
    pub(crate) async fn bundle(&self, shipment: &Common) -> Result<Bundle, Failure> {
        let secret = self.ports.secrets.get(&SecretName::of(shipment.id())).await.map_err(|error| match error {
            // One damaged secret is that shipment's matter and must not stop the others.
            StoreError::Broken { .. } => factory("response-key-gone", &error.to_string()),
            error => store_failure(&error),
        })?;
        let secret = secret.ok_or_else(|| secret_gone(shipment))?;
        Bundle::from_secret(&secret).map_err(|why| {
            factory("response-key-gone", &format!("the secret of shipment {} cannot be used: {why}", shipment.id()))
        })
    }
}

/// A key as it came out of the factory, and one of its responses.
struct Made<'a> {
    item: &'a FulfilledItem,
    key: &'a Key,
    hardware: &'a Hardware,
    envelope: &'a str,
}

fn secret_gone(shipment: &Common) -> Failure {
    factory("response-key-gone", &format!("the secret of shipment {} is not there any more", shipment.id()))
}
