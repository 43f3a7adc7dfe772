//! Simulated identity provider that seals the requests and opens the responses itself. Its ceremony has the calls and
//! members of Okta's pre-registration API (okta-management-openapi-spec, 2026.06.3): `enroll`, `activate`, `send-pin`
//! and the list of enrolments.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use keyferry_domain::ports::SealedKey;
use keyferry_domain::{
    Clock as _, CredentialRequest, Failure, FailureKind, Operation, PinLength, PlannedCredential, ProviderId,
    RegisteredCredential, SecretBytes, ShipmentId, UserKey, UserRef,
};
use keyferry_engine::ceremony::{
    Ceremony, NewKey, PinSender, PinSource, ProducedKey, RegisteredKey, SealedOrder, StartedCeremony,
};

use keyferry_testkit::outside::Node;

use super::{Call, lock};

/// `WebAuthnPreregistrationFactor`: the provider's record of one credential.
#[derive(Clone, Debug, Default)]
pub(crate) struct Enrolment {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) pin_length: u8,
    /// `pinRequestJwe` and `credRequestJwe`, as returned to the caller.
    pub(crate) sealed: Vec<String>,
    /// `serial`, `version`, `pinResponseJwe` and `credResponseJwe` of the activation. `None` while
    /// `PENDING_ACTIVATION`.
    pub(crate) activated: Option<[String; 4]>,
    pub(crate) activations: usize,
    pub(crate) pins_sent: usize,
}

/// Enrolments stored by the provider.
#[derive(Default)]
pub(crate) struct Enrolments(pub(crate) Vec<Enrolment>);

/// Ceremony of this provider in one connector.
pub(crate) struct ProviderSeals {
    pub(super) node: Arc<Node>,
    pub(super) enrolments: Arc<Mutex<Enrolments>>,
}

pub(crate) fn sealing_provider() -> ProviderId {
    ProviderId::new("sealing")
}

struct Asked {
    node: Arc<Node>,
    enrolments: Arc<Mutex<Enrolments>>,
    user: UserRef,
    pin_length: PinLength,
}

#[async_trait]
impl StartedCeremony for Asked {
    fn user(&self) -> UserKey {
        UserKey::from(&self.user)
    }

    /// Calls `enroll`. Its response has `pinRequestJwe` and one entry of `credRequests` for each relying party.
    async fn seal(self: Box<Self>, _: ShipmentId) -> Result<SealedOrder, Failure> {
        let (id, sealed) = self
            .node
            .call(Call::Enroll, |outside| {
                let name = outside.chance.letters(12);
                let sealed = SealedKey {
                    pin_request: format!("provider-pin:{name}"),
                    credential_requests: vec![format!("provider-credential:{name}")],
                };
                let id = format!("wapf{name}");
                lock(&self.enrolments).0.push(Enrolment {
                    id: id.clone(),
                    user: self.user.to_string(),
                    pin_length: self.pin_length.get(),
                    sealed: vec![sealed.pin_request.clone(), sealed.credential_requests[0].clone()],
                    ..Enrolment::default()
                });
                Ok::<_, Failure>((id, sealed))
            })
            .await?;
        let planned = PlannedCredential {
            provider: sealing_provider(),
            user: self.user.clone(),
            object_id: None,
            rp_id: "contoso.okta.example".into(),
            request: CredentialRequest::Provider { enrolment_id: id.clone() },
        };
        // `keyId` of `WebAuthnCredRequest`. It opens nothing here, but is stored like the secret of every ceremony.
        let secret = SecretBytes::new(format!("key-of-{id}").into_bytes());
        Ok(SealedOrder { sealed, credentials: vec![planned], secret, correlation: Some("enr0ll".into()) })
    }
}

impl ProviderSeals {
    fn enrolment_id<'a>(&self, made: &ProducedKey<'a>) -> &'a str {
        let [planned] = made.key.credentials.as_slice() else { panic!("one credential per key") };
        let CredentialRequest::Provider { enrolment_id } = &planned.request else { panic!("the provider sealed it") };
        assert_eq!(made.secret.expose(), format!("key-of-{enrolment_id}").as_bytes(), "the stored secret is returned");
        enrolment_id
    }
}

#[async_trait]
impl Ceremony for ProviderSeals {
    async fn begin(&self, key: &NewKey<'_>) -> Result<Box<dyn StartedCeremony>, Failure> {
        assert_eq!(*key.provider, sealing_provider());
        Ok(Box::new(Asked {
            node: self.node.clone(),
            enrolments: self.enrolments.clone(),
            user: key.user.clone(),
            pin_length: key.pin_length,
        }))
    }

    /// Calls `activate`, unless the list of enrolments shows that an earlier call succeeded.
    async fn register(&self, made: &ProducedKey<'_>) -> Result<RegisteredKey, Failure> {
        let id = self.enrolment_id(made);
        let active = self.node.call(Call::ListEnrolments, |_| {
            let enrolments = lock(&self.enrolments);
            Ok::<_, Failure>(enrolments.0.iter().any(|known| known.id == id && known.activated.is_some()))
        });
        if !active.await? {
            let activation = [
                made.hardware.serial.to_string(),
                made.hardware.firmware.clone().unwrap_or_default(),
                made.item.pin_response.clone().expect("the activation needs the PIN response"),
                made.item.credential_responses[0].clone(),
            ];
            let activate = self.node.call(Call::Activate, |outside| {
                let mut enrolments = lock(&self.enrolments);
                let enrolment = enrolments.0.iter_mut().find(|known| known.id == id).expect("the enrolment exists");
                let (_, parcel) = lock(&outside.delivery)
                    .parcel_sealed(&enrolment.sealed)
                    .expect("the delivery service has a key with these requests");
                if activation[2..] != parcel || enrolment.activated.is_some() {
                    return Err(Call::Activate.failure(FailureKind::Answered { status: 400, code: None }));
                }
                enrolment.activations += 1;
                enrolment.activated = Some(activation.clone());
                Ok(())
            });
            activate.await?;
        }
        let credential = RegisteredCredential {
            credential_id: None,
            aaguid: None,
            method_id: id.to_owned(),
            display_name: format!("key {}", made.hardware.serial),
            registered_at: self.node.now(),
        };
        Ok(RegisteredKey { credentials: vec![credential], correlation: Some("activ8".into()) })
    }

    /// An enrolment belongs to the user even after a rename.
    async fn check_user(&self, _: &PlannedCredential, _: Operation) -> Result<(), Failure> {
        Ok(())
    }

    fn pin(&self) -> PinSource<'_> {
        PinSource::Provider(self)
    }
}

#[async_trait]
impl PinSender for ProviderSeals {
    /// Calls `send-pin`. The provider mails the PIN to the user's own address.
    async fn send_pin(&self, made: &ProducedKey<'_>) -> Result<String, Failure> {
        let id = self.enrolment_id(made);
        self.node
            .call(Call::SendPin, |_| {
                let mut enrolments = lock(&self.enrolments);
                let enrolment = enrolments.0.iter_mut().find(|known| known.id == id).expect("the enrolment exists");
                enrolment.pins_sent += 1;
                Ok(format!("{}, by the identity provider", enrolment.user))
            })
            .await
    }
}
