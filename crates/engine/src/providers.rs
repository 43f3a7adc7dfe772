//! The configured identity providers.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyferry_domain::{Directory, IdentityProvider, ProviderId};

use crate::ceremony::Ceremony;

/// One identity provider.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Provider {
    /// How its credentials come about.
    pub registration: Registration,
    /// Its users and their managers.
    pub directory: Arc<dyn Directory>,
}

/// How credentials of a provider come about.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub enum Registration {
    /// The provider hands out creation options, and the connector seals.
    CreationOptions(Arc<dyn IdentityProvider>),
    /// The provider seals, by a ceremony of its own.
    Own(Arc<dyn Ceremony>),
}

/// The configured identity providers. There is at least one.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Providers {
    default: ProviderId,
    by_id: BTreeMap<ProviderId, Provider>,
}

impl Providers {
    /// One provider, which orders that name none are for.
    pub fn new(default: ProviderId, provider: Provider) -> Self {
        Self { by_id: BTreeMap::from([(default.clone(), provider)]), default }
    }

    /// The same with another provider.
    #[must_use]
    pub fn with(mut self, id: ProviderId, provider: Provider) -> Self {
        self.by_id.insert(id, provider);
        self
    }

    /// The same providers, each changed.
    #[must_use]
    pub fn map(self, change: impl Fn(Provider) -> Provider) -> Self {
        let by_id = self.by_id.into_iter().map(|(id, provider)| (id, change(provider))).collect();
        Self { by_id, ..self }
    }

    /// The provider of orders that name none.
    pub fn default_id(&self) -> &ProviderId {
        &self.default
    }

    /// The provider of this id, if it is configured.
    pub fn get(&self, id: &ProviderId) -> Option<&Provider> {
        self.by_id.get(id)
    }

    /// All providers.
    pub fn iter(&self) -> impl Iterator<Item = (&ProviderId, &Provider)> {
        self.by_id.iter()
    }
}
