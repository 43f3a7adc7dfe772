//! Test doubles of external services. Each succeeds, except that a test can make its next call fail.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::ports::{
    Addressing, Country, Deletion, DeliveredItem, DeliveryStatus, Inventory, LinkNotice, OfferedProduct,
    OpenedCredential, OpenedPin, OrderToPlace, PersonNotice, PinNotice, PlacedOrder, Preparation, PreparedOrder,
    Progress, ReleaseNotice, SealedKey, Told,
};
use keyferry_domain::{
    Account, AddressDraft, CheckCode, Clock, CreationOptions, CredentialId, DeliveryId, DeliveryService, DeliveryState,
    Directory, DirectoryEntry, EmailAddress, Entropy, Failure, FoundUser, Hardware, HeldMethod, IdentityProvider,
    Member, MethodDeletion, NewCredential, ObjectId, Order, OrderFinding, Person, Pin, PinDelivery, PinLength, Profile,
    RecipientDraft, RegisteredMethod, Sealer, SecretBytes, SerialNumber, ShipmentId, Timestamp, Tracking, UserHandle,
    UserRef,
};
use tokio::sync::Notify;

pub(crate) const SERIAL: &str = "12345678";
pub(crate) const SHIPMENT: &str = "8gYnYQk5vVqYzKqY1p2xTQ";
pub(crate) const PIN: &str = "48213759";

/// Start time of the test clock: 2026-01-05 12:00 UTC, in seconds since 1970. Tests advance it by `later`.
pub(crate) const START: i64 = 1_767_614_400;

#[derive(Default)]
pub(crate) struct Outside {
    pub(crate) later: AtomicI64,
    random: AtomicU64,
    /// Wakes up the sleeping task, as if the time budget were used up.
    pub(crate) over: Notify,
    pub(crate) creation_options: Script,
    pub(crate) order: Script,
    pub(crate) status: Script,
    pub(crate) manager: Script,
    pub(crate) methods: Script,
    pub(crate) delivery: Script,
    pub(crate) catalogue: Script,
    pub(crate) orders: AtomicUsize,
    pub(crate) mails: AtomicUsize,
    /// Whether the user has a new manager.
    pub(crate) manager_changed: AtomicBool,
    /// Whether the delivery service no longer returns the PIN response.
    pub(crate) pin_gone: AtomicBool,
    /// Whether the delivery service no longer reports the key.
    pub(crate) key_gone: AtomicBool,
}

/// Outcome of the next call.
#[derive(Default)]
pub(crate) struct Script(Mutex<Option<Next>>);

#[derive(Clone)]
enum Next {
    Fail(Failure),
    Hang,
    Panic,
}

impl Script {
    pub(crate) fn fails(&self, failure: Failure) {
        *self.0.lock().unwrap() = Some(Next::Fail(failure));
    }

    pub(crate) fn hangs(&self) {
        *self.0.lock().unwrap() = Some(Next::Hang);
    }

    pub(crate) fn panics(&self) {
        *self.0.lock().unwrap() = Some(Next::Panic);
    }

    async fn play(&self, over: &Notify) -> Result<(), Failure> {
        let next = self.0.lock().unwrap().take();
        match next {
            None => Ok(()),
            Some(Next::Fail(failure)) => Err(failure),
            Some(Next::Hang) => {
                over.notify_one();
                std::future::pending().await
            }
            Some(Next::Panic) => panic!("scripted panic"),
        }
    }
}

#[async_trait]
impl Clock for Outside {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(START + self.later.load(Ordering::SeqCst), 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {
        self.over.notified().await;
    }
}

impl Entropy for Outside {
    fn fill(&self, buffer: &mut [u8]) {
        let next = self.random.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        buffer.fill(0);
        for (target, source) in buffer.iter_mut().rev().zip(next.iter().rev()) {
            *target = *source;
        }
    }
}

#[async_trait]
impl IdentityProvider for Outside {
    async fn creation_options(&self, _: &UserRef, lifetime: Duration) -> Result<CreationOptions, Failure> {
        self.creation_options.play(&self.over).await?;
        Ok(CreationOptions {
            public_key: serde_json::Map::new(),
            challenge: "Y2hhbGxlbmdl".into(),
            rp_id: "login.microsoft.com".into(),
            user_handle: UserHandle::new("T0Y6"),
            deadline: self.now() + lifetime,
            existing_credentials: 0,
            correlation: None,
        })
    }

    fn max_credentials(&self) -> Option<usize> {
        None
    }

    async fn account(&self, _: &UserRef) -> Result<Option<Account>, Failure> {
        Ok(None)
    }

    async fn register(&self, _: &UserRef, _: &NewCredential) -> Result<RegisteredMethod, Failure> {
        unreachable!("these tests register nothing")
    }

    async fn find(&self, _: &UserRef, _: &CredentialId) -> Result<Option<RegisteredMethod>, Failure> {
        Ok(None)
    }

    /// Every user has one passkey that no record names.
    async fn methods(&self, _: &UserRef) -> Result<Vec<HeldMethod>, Failure> {
        self.methods.play(&self.over).await?;
        let display_name = Some("Phone".into());
        Ok(vec![HeldMethod { id: "cGhvbmU1".into(), display_name, aaguid: None, model: None, created_at: None }])
    }

    async fn delete_method(&self, _: &UserRef, method_id: &str) -> Result<MethodDeletion, Failure> {
        self.methods.play(&self.over).await?;
        Ok(MethodDeletion { existed: method_id != "gone1", correlation: Some("de1ete".into()) })
    }
}

#[async_trait]
impl Directory for Outside {
    async fn entry(&self, _: &UserRef, with_manager: bool) -> Result<DirectoryEntry, Failure> {
        if with_manager {
            self.manager.play(&self.over).await?;
        }
        let person = Person {
            id: None,
            display_name: Some("Adele Vance".into()),
            mail: None,
            aliases: Vec::new(),
            enabled: None,
            language: None,
        };
        let changed = self.manager_changed.load(Ordering::SeqCst);
        let mail = EmailAddress::parse(if changed { "eve@contoso.example" } else { "miriam@contoso.example" }).ok();
        let manager = Person { display_name: Some("Miriam".into()), mail, ..person.clone() };
        Ok(DirectoryEntry { person, manager: with_manager.then_some(manager) })
    }

    async fn profile(&self, _: &UserRef) -> Result<Profile, Failure> {
        let id = ObjectId::parse("a1000000-0000-4000-8000-000000000001").unwrap();
        Ok(Profile { id, recipient: RecipientDraft::default(), address: AddressDraft::default() })
    }

    async fn search(&self, _: &str, _: usize) -> Result<Vec<FoundUser>, Failure> {
        Ok(Vec::new())
    }

    async fn memberships(&self, _: &UserRef, _: &[ObjectId]) -> Result<Vec<ObjectId>, Failure> {
        Ok(Vec::new())
    }

    /// Every user is privileged. It matters only to tests that switch the rule on.
    async fn privileged_roles(&self, _: &UserRef) -> Result<Vec<String>, Failure> {
        Ok(vec!["Global Administrator".into()])
    }
}

#[async_trait]
impl DeliveryService for Outside {
    /// Checks one limit, that of the guide's example.
    fn check(&self, order: &Order) -> Vec<OrderFinding> {
        let too_long = order.recipient.recipient_lastname.len() > 20;
        let message = "Input for Last Name exceeded limit of 20 characters";
        let finding = OrderFinding::new(CheckCode::TooLong, Member::Parcel("recipient.recipient_lastname"), message);
        too_long.then_some(finding).into_iter().collect()
    }

    async fn products(&self) -> Result<Option<Vec<OfferedProduct>>, Failure> {
        self.catalogue.play(&self.over).await?;
        Ok(Some(vec![OfferedProduct { id: 1, name: Some("YubiKey 5 NFC".into()) }]))
    }

    async fn inventory(&self) -> Result<Option<Vec<Inventory>>, Failure> {
        Ok(Some(vec![Inventory { id: 18, name: None, quantity: Some(500), products: vec![1] }]))
    }

    async fn countries(&self) -> Result<Option<Vec<Country>>, Failure> {
        let regions = vec!["WA".into()];
        Ok(Some(vec![Country { code: "US".into(), name: None, delivery_types: vec![1, 2], regions }]))
    }

    async fn order(&self, _: &OrderToPlace<'_>) -> Result<PlacedOrder, Failure> {
        self.order.play(&self.over).await?;
        let number = self.orders.fetch_add(1, Ordering::SeqCst);
        let id = DeliveryId::new(if number == 0 { SHIPMENT.to_owned() } else { format!("{SHIPMENT}{number}") });
        Ok(PlacedOrder { id, correlation: None })
    }

    async fn status(&self, _: &DeliveryId) -> Result<DeliveryStatus, Failure> {
        self.status.play(&self.over).await?;
        let item = DeliveredItem {
            hardware: hardware(),
            pin_response: (!self.pin_gone.load(Ordering::SeqCst)).then(|| "a.b.c.d.e".into()),
            credential_responses: vec!["a.b.c.d.e".into()],
        };
        Ok(DeliveryStatus {
            state: DeliveryState { id: Some(1), message: Some("In review".into()) },
            progress: Progress::NeedsEditing,
            delivered: false,
            state_line: "delivery state 1 (In review)".into(),
            tracking: Tracking::default(),
            items: if self.key_gone.load(Ordering::SeqCst) { Vec::new() } else { vec![item] },
            correlation: "status-1".into(),
        })
    }

    async fn cancel(&self, _: &DeliveryId) -> Result<Deletion, Failure> {
        Ok(Deletion::Accepted)
    }
}

#[async_trait]
impl Sealer for Outside {
    async fn prepare(&self, _: &Preparation<'_>) -> Result<PreparedOrder, Failure> {
        let sealed = SealedKey { pin_request: "a.b.c.d.e".into(), credential_requests: vec!["a.b.c.d.e".into()] };
        Ok(PreparedOrder { sealed, response_key: SecretBytes::new(vec![1, 2, 3]) })
    }

    async fn open_credential(&self, _: ShipmentId, _: &SecretBytes, _: &str) -> Result<OpenedCredential, Failure> {
        unreachable!("these tests open no credential")
    }

    async fn open_pin(&self, _: ShipmentId, _: &SecretBytes, _: &str, length: PinLength) -> Result<OpenedPin, Failure> {
        let pin = Pin::new(PIN.to_owned().into(), length).unwrap();
        Ok(OpenedPin { serial: SerialNumber::new(SERIAL), pin, change_on_first_use: true })
    }
}

#[async_trait]
impl PinDelivery for Outside {
    fn addressing(&self) -> Addressing {
        Addressing::Resolved
    }

    async fn deliver(&self, notice: &PinNotice<'_>) -> Result<(), Failure> {
        self.delivery.play(&self.over).await?;
        assert_eq!((notice.pin.expose(), notice.addressees.len()), (PIN, 1));
        self.mails.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn deliver_link(&self, _: &LinkNotice<'_>) -> Result<(), Failure> {
        unreachable!("these tests send no links")
    }

    async fn mail_person(&self, _: &PersonNotice<'_>) -> Result<(), Failure> {
        unreachable!("these tests send no mails to persons")
    }

    async fn tell_released(&self, _: &ReleaseNotice<'_>) -> Result<Told, Failure> {
        Ok(Told::Sent)
    }
}

pub(crate) fn hardware() -> Hardware {
    Hardware { serial: SerialNumber::new(SERIAL), firmware: Some("5.7.4".into()) }
}
