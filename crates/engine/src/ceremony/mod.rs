//! What happens between an identity provider's consent to a credential and the credential that it holds.
//!
//! Start at [`Ceremony`]. [`WeSeal`] is the one for providers that hand out creation options: the connector seals the requests to the
//! factory, opens and checks the responses, and registers the credential. A provider that seals the requests and opens the responses
//! itself brings a ceremony of its own.

mod display_name;
mod registry;
mod secret;
mod steps;
mod verify;
mod we_seal;

pub use self::display_name::DisplayName;
pub(crate) use self::registry::Ceremonies;
pub use self::steps::{
    Begun, Ceremony, MadeKey, NewKey, PinHandOver, PinOpener, PinSender, RegisteredKey, SealedOrder,
};
pub use self::we_seal::WeSeal;
