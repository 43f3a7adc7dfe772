//! Configured identity providers.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyferry_domain::{Directory, IdentityProvider, ProviderId};

use crate::ceremony::Ceremony;

/// Configured identity provider.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Provider {
    /// Registration method for its credentials.
    pub registration: Registration,
    /// Directory of its users and their managers.
    pub directory: Arc<dyn Directory>,
}

/// Registration method for credentials of a provider.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub enum Registration {
    /// The provider returns creation options, and Keyferry seals the requests.
    CreationOptions(Arc<dyn IdentityProvider>),
    /// The provider seals the requests, with its own ceremony.
    Own(Arc<dyn Ceremony>),
}

/// Configured identity providers. There is at least one.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Providers {
    default: ProviderId,
    by_id: BTreeMap<ProviderId, Provider>,
}

impl Providers {
    /// Creates the set with its default provider.
    pub fn new(default: ProviderId, provider: Provider) -> Self {
        Self { by_id: BTreeMap::from([(default.clone(), provider)]), default }
    }

    /// Adds a provider.
    #[must_use]
    pub fn with(mut self, id: ProviderId, provider: Provider) -> Self {
        self.by_id.insert(id, provider);
        self
    }

    /// Applies `change` to each provider.
    #[must_use]
    pub fn map(self, change: impl Fn(Provider) -> Provider) -> Self {
        let by_id = self.by_id.into_iter().map(|(id, provider)| (id, change(provider))).collect();
        Self { by_id, ..self }
    }

    /// Returns the id of the default provider, for orders without a provider.
    pub fn default_id(&self) -> &ProviderId {
        &self.default
    }

    /// Returns the provider with this id, if it is configured.
    pub fn get(&self, id: &ProviderId) -> Option<&Provider> {
        self.by_id.get(id)
    }

    /// Returns all providers.
    pub fn iter(&self) -> impl Iterator<Item = (&ProviderId, &Provider)> {
        self.by_id.iter()
    }
}
