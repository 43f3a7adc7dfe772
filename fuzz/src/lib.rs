//! Shared code of the fuzz targets: vectors, a runtime, a server with a settable answer, and test doubles of all ports.
//!
//! The targets are in `fuzz_targets`, one per kind of input; `fuzz/run.sh` runs them. This is a workspace of its own,
//! because its profile and the sanitizer must not apply to the program. Turn a finding into an ordinary test next to
//! the parser.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_domain::ports::{
    Addressing, Deletion, DeliveryStatus, LinkNotice, OpenedCredential, OpenedPin, OrderToPlace, PersonNotice,
    PinNotice, PlacedOrder, Preparation, PreparedOrder, ReleaseNotice, Told,
};
use keyferry_domain::{
    Account, Clock, CreationOptions, CredentialId, DeliveryId, DeliveryService, Directory, DirectoryEntry, Entropy,
    Failure, FailureKind, FoundUser, HeldMethod, IdentityProvider, MethodDeletion, NewCredential, ObjectId, Operation,
    Order, OrderFinding, Party, PinDelivery, PinLength, Profile, RegisteredMethod, Sealer, SecretBytes, ShipmentId,
    Timestamp, UserRef,
};
use keyferry_http::{Client, ClientOptions, SecretSource};
use keyferry_testkit::failures::failure as failure_of;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// Runtime shared by the whole run.
pub static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime"));

/// HTTP client shared by the whole run, since loading the system's root certificates is slow.
pub static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let options = ClientOptions { timeout: Duration::from_secs(2), max_body: 1 << 16, ..ClientOptions::default() };
    Client::new(options).expect("a client")
});

/// Returns `docs/reference/envelope-vectors.json`.
pub fn vectors() -> Value {
    serde_json::from_str(include_str!("../../docs/reference/envelope-vectors.json")).expect("the vectors")
}

/// Asserts that a failure can be logged: one line, bounded, and without a secret of the test doubles.
pub fn assert_fit(failure: &Failure) {
    let shown = format!("{failure}");
    assert!(!shown.chars().any(char::is_control) && shown.chars().count() < 2_000, "{shown:?}");
    assert!(!format!("{failure:?}{shown}").contains("HUSH"), "{failure:?}");
}

/// A local server that answers every connection with the same bytes.
pub struct Loopback {
    pub port: u16,
    answer: Arc<Mutex<Vec<u8>>>,
}

impl Loopback {
    /// Starts the server. `speaks_first`: it does not wait for a request.
    pub fn start(speaks_first: bool) -> Self {
        RUNTIME.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let port = listener.local_addr().expect("an address").port();
            let answer = Arc::<Mutex<Vec<u8>>>::default();
            let shared = answer.clone();
            tokio::spawn(async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let answer = shared.lock().expect("no panic").clone();
                    tokio::spawn(async move {
                        let mut buffer = [0; 16 * 1024];
                        if !speaks_first {
                            let _ = stream.read(&mut buffer).await;
                        }
                        let _ = stream.write_all(&answer).await;
                        let _ = stream.shutdown().await;
                        while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
                    });
                }
            });
            Self { port, answer }
        })
    }

    /// Sets the answer.
    pub fn set_answer(&self, bytes: &[u8]) {
        *self.answer.lock().expect("no panic") = bytes.to_vec();
    }
}

/// Test doubles: a fixed clock, entropy from a counter, secrets, and external systems that are all unreachable.
pub struct TestDoubles;

fn down(party: Party, operation: Operation) -> Failure {
    failure_of(party, operation, FailureKind::Unreachable, "connection refused")
}

#[async_trait]
impl Clock for TestDoubles {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_000, 0).expect("a time")
    }

    async fn sleep(&self, _: Duration) {}
}

impl Entropy for TestDoubles {
    fn fill(&self, buffer: &mut [u8]) {
        use std::sync::atomic::{AtomicU64, Ordering};
        static COUNTER: AtomicU64 = AtomicU64::new(1);
        let count = COUNTER.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        buffer.iter_mut().rev().zip(count.iter().rev()).for_each(|(byte, count)| *byte = *count);
    }
}

#[async_trait]
impl SecretSource for TestDoubles {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        Ok(SecretBytes::new(b"HUSH-secret".to_vec()))
    }
}

#[async_trait]
impl TokenSource for TestDoubles {
    async fn token(&self) -> Result<AccessToken, Failure> {
        Ok(AccessToken::new("HUSH-token"))
    }

    fn invalidate(&self, _: &AccessToken) {}
}

#[async_trait]
impl IdentityProvider for TestDoubles {
    async fn creation_options(&self, _: &UserRef, _: Duration) -> Result<CreationOptions, Failure> {
        Err(down(Party::IdentityProvider, Operation::CreationOptions))
    }

    fn max_credentials(&self) -> Option<usize> {
        None
    }

    async fn account(&self, _: &UserRef) -> Result<Option<Account>, Failure> {
        Err(down(Party::IdentityProvider, Operation::ReadUser))
    }

    async fn register(&self, _: &UserRef, _: &NewCredential) -> Result<RegisteredMethod, Failure> {
        Err(down(Party::IdentityProvider, Operation::Register))
    }

    async fn find(&self, _: &UserRef, _: &CredentialId) -> Result<Option<RegisteredMethod>, Failure> {
        Err(down(Party::IdentityProvider, Operation::FindMethod))
    }

    async fn methods(&self, _: &UserRef) -> Result<Vec<HeldMethod>, Failure> {
        Err(down(Party::IdentityProvider, Operation::ListMethods))
    }

    async fn delete_method(&self, _: &UserRef, _: &str) -> Result<MethodDeletion, Failure> {
        Err(down(Party::IdentityProvider, Operation::DeleteMethod))
    }
}

#[async_trait]
impl Directory for TestDoubles {
    async fn entry(&self, _: &UserRef, _: bool) -> Result<DirectoryEntry, Failure> {
        Err(down(Party::IdentityProvider, Operation::ReadManager))
    }

    async fn profile(&self, _: &UserRef) -> Result<Profile, Failure> {
        Err(down(Party::IdentityProvider, Operation::ReadProfile))
    }

    async fn memberships(&self, _: &UserRef, _: &[ObjectId]) -> Result<Vec<ObjectId>, Failure> {
        Err(down(Party::IdentityProvider, Operation::ReadUser))
    }

    async fn search(&self, _: &str, _: usize) -> Result<Vec<FoundUser>, Failure> {
        Err(down(Party::IdentityProvider, Operation::ReadUser))
    }

    async fn privileged_roles(&self, _: &UserRef) -> Result<Vec<String>, Failure> {
        Err(down(Party::IdentityProvider, Operation::ReadUser))
    }
}

#[async_trait]
impl DeliveryService for TestDoubles {
    fn check(&self, _: &Order) -> Vec<OrderFinding> {
        Vec::new()
    }

    async fn order(&self, _: &OrderToPlace<'_>) -> Result<PlacedOrder, Failure> {
        Err(down(Party::DeliveryService, Operation::Order))
    }

    async fn status(&self, _: &DeliveryId) -> Result<DeliveryStatus, Failure> {
        Err(down(Party::DeliveryService, Operation::ShipmentStatus))
    }

    async fn cancel(&self, _: &DeliveryId) -> Result<Deletion, Failure> {
        Err(down(Party::DeliveryService, Operation::CancelShipment))
    }
}

#[async_trait]
impl Sealer for TestDoubles {
    async fn prepare(&self, _: &Preparation<'_>) -> Result<PreparedOrder, Failure> {
        Err(down(Party::DeliveryService, Operation::TransportKeys))
    }

    async fn open_credential(&self, _: ShipmentId, _: &SecretBytes, _: &str) -> Result<OpenedCredential, Failure> {
        Err(down(Party::Factory, Operation::OpenCredential))
    }

    async fn open_pin(&self, _: ShipmentId, _: &SecretBytes, _: &str, _: PinLength) -> Result<OpenedPin, Failure> {
        Err(down(Party::Factory, Operation::OpenPin))
    }
}

#[async_trait]
impl PinDelivery for TestDoubles {
    fn addressing(&self) -> Addressing {
        Addressing::Resolved
    }

    async fn deliver(&self, _: &PinNotice<'_>) -> Result<(), Failure> {
        Err(down(Party::PinDelivery, Operation::DeliverPin))
    }

    async fn deliver_link(&self, _: &LinkNotice<'_>) -> Result<(), Failure> {
        Err(down(Party::PinDelivery, Operation::DeliverPin))
    }

    async fn mail_person(&self, _: &PersonNotice<'_>) -> Result<(), Failure> {
        Err(down(Party::PinDelivery, Operation::DeliverPin))
    }

    async fn tell_released(&self, _: &ReleaseNotice<'_>) -> Result<Told, Failure> {
        Err(down(Party::PinDelivery, Operation::DeliverPin))
    }
}
