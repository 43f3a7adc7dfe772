//! Ceremonies: the steps from an identity provider's creation options to a registered credential.
//!
//! Start at [`Ceremony`]. [`ConnectorSeals`] implements it for providers that return creation options: Keyferry seals
//! the requests to the factory, opens and verifies the responses, and registers the credential. A provider that seals
//! the requests and opens the responses itself has its own implementation.

mod accepted_keys;
mod connector_seals;
mod display_name;
mod policy;
mod preflight;
mod registry;
mod secret;
mod steps;
mod verify;

pub use self::accepted_keys::{CompromisedModels, MinimumFirmware};
pub use self::connector_seals::ConnectorSeals;
pub use self::display_name::DisplayName;
pub(crate) use self::registry::Ceremonies;
pub use self::steps::{
    Ceremony, NewKey, PinOpener, PinSender, PinSource, ProducedKey, RegisteredKey, SealedOrder, StartedCeremony,
};
