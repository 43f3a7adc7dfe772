//! Ceremony for providers that return creation options: Keyferry seals the requests and registers the credential.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use keyferry_domain::ports::{OpenedCredential, OpenedPin, Preparation, PreparedOrder};
use keyferry_domain::{
    Clock, CreationOptions, CredentialRequest, Effect, Failure, FailureClass, IdentityProvider, NewCredential,
    ObjectId, Operation, PinLength, PlannedCredential, ProviderId, RegisteredCredential, RegisteredMethod, Sealer,
    ShipmentId, UserKey, UserRef,
};

use super::policy;
use super::preflight::refuse_early;
use super::secret::CeremonySecret;
use super::steps::{Ceremony, NewKey, PinOpener, PinSource, ProducedKey, RegisteredKey, SealedOrder, StartedCeremony};
use super::verify::{Checked, check};
use crate::failures::findings;
use crate::settings::EngineSettings;

/// Number of lookups after a registration with unknown outcome. If all fail, the next run retries.
const LOOKUPS: u32 = 3;

/// Ceremony of all providers that return creation options. A key can have credentials for several of them.
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct ConnectorSeals {
    providers: BTreeMap<ProviderId, Arc<dyn IdentityProvider>>,
    sealer: Arc<dyn Sealer>,
    clock: Arc<dyn Clock>,
    settings: Arc<EngineSettings>,
}

impl ConnectorSeals {
    /// Creates the ceremony for these providers.
    pub fn new(
        providers: BTreeMap<ProviderId, Arc<dyn IdentityProvider>>,
        sealer: Arc<dyn Sealer>,
        clock: Arc<dyn Clock>,
        settings: Arc<EngineSettings>,
    ) -> Self {
        Self { providers, sealer, clock, settings }
    }

    fn provider(&self, id: &ProviderId) -> Result<&Arc<dyn IdentityProvider>, Failure> {
        self.providers.get(id).ok_or_else(|| findings::unknown_provider(id))
    }

    /// Rejects a challenge that expires before a key can arrive, because such a key could never be registered.
    fn reject_short_challenge(&self, options: &CreationOptions) -> Result<(), Failure> {
        let now = self.clock.now();
        if options.deadline >= now + self.settings.challenge_lifetime / 2 {
            return Ok(());
        }
        let message = format!(
            "the identity provider's challenge expires at {}, although {} minutes were requested",
            options.deadline.format("%Y-%m-%dT%H:%M:%SZ"),
            self.settings.challenge_lifetime.as_secs() / 60
        );
        Err(findings::identity(Operation::CreationOptions, "challenge-too-short", message))
    }

    /// Opens and verifies the credential response of a key.
    async fn open(
        &self,
        made: &ProducedKey<'_>,
        envelope: &str,
        options: &CreationOptions,
        secret: &CeremonySecret,
    ) -> Result<(OpenedCredential, Checked), Failure> {
        let opened = self.sealer.open_credential(made.shipment.id(), &secret.response_key, envelope).await?;
        if opened.serial != made.hardware.serial {
            let what =
                format!("the credential response is for key {}, not for key {}", opened.serial, made.hardware.serial);
            return Err(findings::factory("wrong-key", &what));
        }
        let checked = check(&self.settings, self.clock.now(), options, &opened, made.key)?;
        Ok((opened, checked))
    }

    async fn register_one(
        &self,
        made: &ProducedKey<'_>,
        planned: &PlannedCredential,
        envelope: &str,
        options: &CreationOptions,
        secret: &CeremonySecret,
    ) -> Result<(RegisteredCredential, Option<String>), Failure> {
        let provider = self.provider(&planned.provider)?;
        let (opened, checked) = self.open(made, envelope, options, secret).await?;
        let credential = NewCredential {
            credential_id: checked.credential_id.clone(),
            client_data_json: checked.client_data_json.clone(),
            attestation_object: checked.attestation_object.clone(),
            client_extension_results: checked.client_extension_results.clone(),
            display_name: self.settings.display_name.render(&made.item.hardware, &made.key.product),
        };
        let user = planned.pinned_user();
        let reported = [opened.firmware.as_deref(), made.hardware.firmware.as_deref()];
        let now = self.clock.now();
        let permitted = policy::check(&self.settings, now, &checked, &made.key.product, reported);
        // Each call counts against a low limit, so look up only if an earlier attempt may have registered the
        // credential before it failed or crashed. A policy applies only to a credential that is not registered: after a
        // backup was restored, an attempt can be unknown.
        let is_untried = permitted.is_ok() && made.untried_until.is_some_and(|until| now < until);
        let found = match is_untried {
            true => None,
            false => provider.find(&user, &credential.credential_id).await?,
        };
        let method = match found {
            Some(method) => method,
            None => {
                permitted?;
                self.check_user(planned, Operation::Register).await?;
                let registered = self.register_new(provider.as_ref(), &user, &credential).await;
                registered.map_err(|failure| self.classify_refusal(failure, planned))?
            }
        };
        let correlation = method.correlation.clone();
        Ok((self.registered(checked, method, credential.display_name), correlation))
    }

    /// Registers the credential. If the outcome is unknown, or the provider refuses the credential or reports a
    /// conflict, looks the method up, because it may already exist.
    async fn register_new(
        &self,
        provider: &dyn IdentityProvider,
        user: &UserRef,
        credential: &NewCredential,
    ) -> Result<RegisteredMethod, Failure> {
        let failure = match provider.register(user, credential).await {
            Ok(method) => return Ok(method),
            Err(failure) => failure,
        };
        let lookups = match (failure.effect, failure.class()) {
            (Effect::Unknown, _) => LOOKUPS,
            (Effect::None, FailureClass::Rejected | FailureClass::Conflict) => 1,
            _ => return Err(failure),
        };
        let mut unsettled = None;
        for attempt in 0..lookups {
            if attempt > 0 {
                self.clock.sleep(self.settings.settle_pause).await;
            }
            match provider.find(user, &credential.credential_id).await {
                Ok(Some(method)) => {
                    let correlation = failure.correlation.as_deref();
                    tracing::info!(method = %method.id, correlation, "found passkey registered by an earlier call");
                    return Ok(method);
                }
                Ok(None) => unsettled = None,
                Err(failure) => unsettled = Some(failure),
            }
        }
        // The refusal counts only if the lookup succeeded: the method may exist from an earlier attempt.
        match unsettled {
            Some(lookup) if failure.effect == Effect::None => Err(lookup),
            _ => Err(failure),
        }
    }

    /// Classifies a refusal. The identity provider returns no reliable reason, so a refusal after its own deadline
    /// counts as an expired challenge, which is final. A refusal before the deadline can be fixed, so runs retry.
    fn classify_refusal(&self, failure: Failure, planned: &PlannedCredential) -> Failure {
        let expired = planned.deadline().is_some_and(|deadline| deadline <= self.clock.now());
        match failure.class() {
            FailureClass::Rejected if expired => failure.found(&findings::IDENTITY_PROVIDER, "challenge-expired"),
            _ => failure,
        }
    }

    fn registered(&self, checked: Checked, method: RegisteredMethod, display_name: String) -> RegisteredCredential {
        RegisteredCredential {
            credential_id: Some(checked.credential_id),
            aaguid: Some(checked.aaguid),
            method_id: method.id,
            display_name: method.display_name.unwrap_or(display_name),
            registered_at: self.clock.now(),
        }
    }
}

#[async_trait]
impl Ceremony for ConnectorSeals {
    async fn begin(&self, key: &NewKey<'_>) -> Result<Box<dyn StartedCeremony>, Failure> {
        let provider = self.provider(key.provider)?;
        let options = provider.creation_options(key.user, self.settings.challenge_lifetime).await?;
        self.reject_short_challenge(&options)?;
        let account = provider.account(key.user).await?;
        let refused = refuse_early(key.user, &options, account.as_ref(), provider.max_credentials());
        refused.inspect_err(|failure| {
            if failure.class() == FailureClass::InvalidResponse {
                provider.drop_connections();
            }
        })?;
        let object_id = match key.user {
            UserRef::ObjectId(id) => Some(*id),
            UserRef::Upn(_) => account.map(|account| account.id),
        };
        Ok(Box::new(WithOptions {
            sealer: self.sealer.clone(),
            provider: key.provider.clone(),
            user: key.user.clone(),
            object_id,
            pin_length: key.pin_length,
            options,
        }))
    }

    async fn register(&self, made: &ProducedKey<'_>) -> Result<RegisteredKey, Failure> {
        let secret = open_secret(made)?;
        let mut registered = RegisteredKey { credentials: Vec::new(), correlation: None };
        let mut options = secret.creation_options.iter();
        for (planned, envelope) in made.key.credentials.iter().zip(&made.item.credential_responses) {
            let options = options.next().ok_or_else(|| findings::secret_gone(made.shipment.id()))?;
            let (credential, call) = self.register_one(made, planned, envelope, options, &secret).await?;
            registered.credentials.push(credential);
            registered.correlation = registered.correlation.or(call);
        }
        Ok(registered)
    }

    async fn find(&self, made: &ProducedKey<'_>) -> Result<Vec<(usize, String)>, Failure> {
        let secret = open_secret(made)?;
        let mut found = Vec::new();
        let envelopes = made.key.credentials.iter().zip(&made.item.credential_responses).zip(&secret.creation_options);
        for (position, ((planned, envelope), options)) in envelopes.enumerate() {
            let (_, checked) = self.open(made, envelope, options, &secret).await?;
            let provider = self.provider(&planned.provider)?;
            let method = provider.find(&planned.pinned_user(), &checked.credential_id).await?;
            found.extend(method.map(|method| (position, method.id)));
        }
        Ok(found)
    }

    /// Compares the user handle, because a user name can be reassigned while the parcel is on its way.
    async fn check_user(&self, planned: &PlannedCredential, before: Operation) -> Result<(), Failure> {
        if planned.object_id.is_some() || !self.settings.compare_user_handle {
            return Ok(());
        }
        let provider = self.provider(&planned.provider)?;
        // inferred: requesting new creation options does not invalidate the challenge that the key answered.
        let now = provider.user_handle(&planned.user, self.settings.challenge_lifetime).await?;
        if planned.user_handle() == Some(&now) {
            return Ok(());
        }
        let message = format!("{} now belongs to another user than when the key was ordered", planned.user);
        Err(findings::identity(before, "user-changed", message))
    }

    fn pin(&self) -> PinSource<'_> {
        PinSource::Connector(self)
    }
}

#[async_trait]
impl PinOpener for ConnectorSeals {
    async fn open_pin(&self, made: &ProducedKey<'_>, envelope: &str) -> Result<OpenedPin, Failure> {
        let secret = open_secret(made)?;
        self.sealer.open_pin(made.shipment.id(), &secret.response_key, envelope, made.key.pin_length).await
    }
}

/// Creation options from the provider, and the data needed to seal them.
struct WithOptions {
    sealer: Arc<dyn Sealer>,
    provider: ProviderId,
    user: UserRef,
    object_id: Option<ObjectId>,
    pin_length: PinLength,
    options: CreationOptions,
}

#[async_trait]
impl StartedCeremony for WithOptions {
    fn user(&self) -> UserKey {
        UserKey::Handle(self.options.user_handle.clone())
    }

    fn user_name(&self) -> Option<&str> {
        self.options.user_name()
    }

    async fn seal(self: Box<Self>, request: ShipmentId) -> Result<SealedOrder, Failure> {
        let creation_options = vec![&self.options];
        let preparation = Preparation { request, creation_options, pin_length: self.pin_length };
        let PreparedOrder { sealed, response_key } = self.sealer.prepare(&preparation).await?;
        let planned = PlannedCredential {
            provider: self.provider,
            user: self.user,
            object_id: self.object_id,
            rp_id: self.options.rp_id.clone(),
            request: CredentialRequest::Connector {
                user_handle: self.options.user_handle.clone(),
                deadline: self.options.deadline,
            },
        };
        let correlation = self.options.correlation.clone();
        let secret = CeremonySecret { response_key, creation_options: vec![self.options] };
        let secret = secret.to_secret().map_err(|_| findings::secret_not_encoded())?;
        Ok(SealedOrder { sealed, credentials: vec![planned], secret, correlation })
    }
}

fn open_secret(made: &ProducedKey<'_>) -> Result<CeremonySecret, Failure> {
    CeremonySecret::from_secret(made.secret).map_err(|why| findings::secret_unusable(made.shipment.id(), why))
}
