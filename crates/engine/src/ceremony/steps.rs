//! The steps of a ceremony, and what passes between them.

use async_trait::async_trait;
use keyferry_domain::ports::{FulfilledItem, OpenedPin, SealedKey};
use keyferry_domain::{
    Common, Failure, Hardware, Key, Operation, PersonKey, PinLength, PlannedCredential, ProviderId,
    RegisteredCredential, SecretBytes, ShipmentId, UserRef,
};

/// How credentials of one kind of identity provider come about.
///
/// The steps are called in this order: [`begin`](Self::begin), [`seal`](Begun::seal), then, once the key is made and its responses are
/// there, [`register`](Self::register) and [`pin`](Self::pin). Those two can be repeated after a failure or a crash at any point, and
/// a repetition must find what an earlier attempt achieved.
#[async_trait]
pub trait Ceremony: Send + Sync {
    /// Asks the provider for a credential. Nothing lasting happens at the provider.
    async fn begin(&self, key: &NewKey<'_>) -> Result<Box<dyn Begun>, Failure>;

    /// Turns the responses of one key into credentials that the provider holds.
    async fn register(&self, key: &MadeKey<'_>) -> Result<RegisteredKey, Failure>;

    /// Compares the user whom the name means now with the one for whom the credential was planned.
    ///
    /// # Errors
    /// When they differ or could not be compared; `before` is what was about to be done.
    async fn check_user(&self, planned: &PlannedCredential, before: Operation) -> Result<(), Failure>;

    /// Who hands over PINs of keys from this ceremony.
    fn pin(&self) -> PinHandOver<'_>;
}

/// A ceremony for one new key: the provider has consented, and nothing is sealed yet.
#[async_trait]
pub trait Begun: Send {
    /// The user as surely as the provider tells: no two orders for the same one are begun at once.
    fn user(&self) -> PersonKey;

    /// Obtains the sealed requests. Called once no other order stands against this one, and before anything is ordered.
    async fn seal(self: Box<Self>, request: ShipmentId) -> Result<SealedOrder, Failure>;
}

/// A key that is about to be ordered.
#[derive(Debug)]
pub struct NewKey<'a> {
    /// The provider that is to hold the credential.
    pub provider: &'a ProviderId,
    /// Whom it is for.
    pub user: &'a UserRef,
    /// How long its PIN is to be.
    pub pin_length: PinLength,
}

/// Everything that is needed to order a key and to finish the ceremony later.
pub struct SealedOrder {
    /// What goes to the factory.
    pub sealed: SealedKey,
    /// What the factory is to make on the key.
    pub credentials: Vec<PlannedCredential>,
    /// What the ceremony needs again once the key is made, in a form of its own. It is durable before the order is placed.
    pub secret: SecretBytes,
    /// `client-request-id` of the call in which the provider consented.
    pub correlation: Option<String>,
}

/// A key as it came out of the factory, with its sealed responses.
#[expect(missing_debug_implementations, reason = "it leads to a secret")]
pub struct MadeKey<'a> {
    /// The shipment that it belongs to.
    pub shipment: &'a Common,
    /// The key as it was ordered.
    pub key: &'a Key,
    /// The key as it was made.
    pub hardware: &'a Hardware,
    /// Its responses, as the delivery service serves them now.
    pub item: &'a FulfilledItem,
    /// The ceremony's secret: [`SealedOrder::secret`].
    pub secret: &'a SecretBytes,
}

/// What became of one key's credentials.
#[derive(Debug)]
pub struct RegisteredKey {
    /// One for each credential that was planned, in the same order.
    pub credentials: Vec<RegisteredCredential>,
    /// `client-request-id` of the first call that registered one or found it registered.
    pub correlation: Option<String>,
}

/// Who hands over a PIN.
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub enum PinHandOver<'a> {
    /// The connector: it opens the PIN response and sends the PIN to its addressee.
    Connector(&'a dyn PinOpener),
    /// The provider, which opened the PIN response.
    Provider(&'a dyn PinSender),
}

/// Opens PIN responses.
#[async_trait]
pub trait PinOpener: Send + Sync {
    /// Opens the PIN response `envelope` of the key.
    async fn open_pin(&self, key: &MadeKey<'_>, envelope: &str) -> Result<OpenedPin, Failure>;
}

/// Lets the provider send PINs.
#[async_trait]
pub trait PinSender: Send + Sync {
    /// Has the PIN of the key sent; says to whom, for the history.
    async fn send_pin(&self, key: &MadeKey<'_>) -> Result<String, Failure>;
}
