//! Steps of a ceremony, and the data passed between them.

use async_trait::async_trait;
use keyferry_domain::ports::{DeliveredItem, OpenedPin, SealedKey};
use keyferry_domain::{
    Common, Failure, Hardware, Key, Operation, PinLength, PlannedCredential, ProviderId, RegisteredCredential,
    SecretBytes, ShipmentId, Timestamp, UserKey, UserRef,
};

/// Creates and registers credentials for one kind of identity provider.
///
/// The steps are called in this order: [`begin`](Self::begin), [`seal`](StartedCeremony::seal), then, after the key was
/// produced and its responses are available, [`register`](Self::register) and [`pin`](Self::pin). The last two must be
/// idempotent: they are repeated after a failure or a crash at any point, and must detect what an earlier attempt
/// achieved.
#[async_trait]
pub trait Ceremony: Send + Sync {
    /// Requests a credential from the provider. Changes nothing permanently at the provider.
    async fn begin(&self, key: &NewKey<'_>) -> Result<Box<dyn StartedCeremony>, Failure>;

    /// Registers the credentials in the responses of one key.
    async fn register(&self, key: &ProducedKey<'_>) -> Result<RegisteredKey, Failure>;

    /// Returns the methods that an earlier attempt to register the key left at the provider, by the position of their
    /// credential. Registers nothing. The default is for providers that do not return the methods.
    async fn find(&self, _key: &ProducedKey<'_>) -> Result<Vec<(usize, String)>, Failure> {
        Ok(Vec::new())
    }

    /// Checks that the user name still belongs to the user for whom the credential was ordered.
    ///
    /// # Errors
    /// A failure of operation `before`, the operation about to start, if the user differs or could not be compared.
    async fn check_user(&self, planned: &PlannedCredential, before: Operation) -> Result<(), Failure>;

    /// Returns who delivers the PINs of keys from this ceremony.
    fn pin(&self) -> PinSource<'_>;
}

/// Started ceremony for one new key: the provider was called, and nothing is sealed yet.
#[async_trait]
pub trait StartedCeremony: Send {
    /// Returns the most stable reference to the user that the provider returned. Used to serialise orders for the same
    /// user.
    fn user(&self) -> UserKey;

    /// Returns the user name that the provider returned, if it did.
    fn user_name(&self) -> Option<&str> {
        None
    }

    /// Returns the sealed requests. Called after the check for other open orders, and before the order is placed.
    async fn seal(self: Box<Self>, request: ShipmentId) -> Result<SealedOrder, Failure>;
}

/// Key that is about to be ordered.
#[derive(Debug)]
pub struct NewKey<'a> {
    /// Provider with which the credential will be registered.
    pub provider: &'a ProviderId,
    /// User of the credential.
    pub user: &'a UserRef,
    /// Length of the PIN.
    pub pin_length: PinLength,
}

/// Data needed to order a key and to finish the ceremony later.
pub struct SealedOrder {
    /// Sealed requests for the factory.
    pub sealed: SealedKey,
    /// Credentials that the factory will create on the key.
    pub credentials: Vec<PlannedCredential>,
    /// Secret that the ceremony needs after the key was produced, in its own encoding. Stored durably before the order
    /// is placed.
    pub secret: SecretBytes,
    /// `client-request-id` of the call that returned the creation options.
    pub correlation: Option<String>,
}

/// Produced key with its sealed responses.
#[expect(missing_debug_implementations, reason = "it contains a secret")]
pub struct ProducedKey<'a> {
    /// Shipment of the key.
    pub shipment: &'a Common,
    /// Key as ordered.
    pub key: &'a Key,
    /// Key as produced.
    pub hardware: &'a Hardware,
    /// Responses of the key, as currently returned by the delivery service.
    pub item: &'a DeliveredItem,
    /// Secret of the ceremony: [`SealedOrder::secret`].
    pub secret: &'a SecretBytes,
    /// Until this time, no earlier attempt can have registered a credential of the key. `None`: one may have done so
    /// before it failed or crashed, so look it up first.
    pub untried_until: Option<Timestamp>,
}

/// Registered credentials of one key.
#[derive(Debug)]
pub struct RegisteredKey {
    /// One entry for each planned credential, in the same order.
    pub credentials: Vec<RegisteredCredential>,
    /// `client-request-id` of the first call that registered a credential or found it registered.
    pub correlation: Option<String>,
}

/// Determines who delivers a PIN.
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub enum PinSource<'a> {
    /// Keyferry opens the PIN response and sends the PIN to its addressee.
    Connector(&'a dyn PinOpener),
    /// The provider opens the PIN response and sends the PIN.
    Provider(&'a dyn PinSender),
}

/// Opens PIN responses.
#[async_trait]
pub trait PinOpener: Send + Sync {
    /// Opens the PIN response `envelope` of the key.
    async fn open_pin(&self, key: &ProducedKey<'_>, envelope: &str) -> Result<OpenedPin, Failure>;
}

/// Requests the provider to send PINs.
#[async_trait]
pub trait PinSender: Send + Sync {
    /// Requests the provider to send the PIN of the key. Returns the addressee, for the history.
    async fn send_pin(&self, key: &ProducedKey<'_>) -> Result<String, Failure>;
}
