//! Selection of the ceremony for a credential.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyferry_domain::{Failure, Key, ProviderId};

use super::connector_seals::ConnectorSeals;
use super::steps::Ceremony;
use crate::failures::findings;
use crate::ports::Ports;
use crate::providers::Registration;
use crate::settings::EngineSettings;

/// Ceremonies of the configured providers.
pub(crate) struct Ceremonies(BTreeMap<ProviderId, Arc<dyn Ceremony>>);

impl Ceremonies {
    pub(crate) fn new(ports: &Ports, settings: &Arc<EngineSettings>) -> Self {
        let with_options = ports.providers.iter().filter_map(|(id, provider)| match &provider.registration {
            Registration::CreationOptions(identity) => Some((id.clone(), identity.clone())),
            Registration::Own(_) => None,
        });
        let connector_seals: Arc<dyn Ceremony> = Arc::new(ConnectorSeals::new(
            with_options.collect(),
            ports.sealer.clone(),
            ports.clock.clone(),
            settings.clone(),
        ));
        let by_id = ports.providers.iter().map(|(id, provider)| {
            let ceremony = match &provider.registration {
                Registration::CreationOptions(_) => connector_seals.clone(),
                Registration::Own(ceremony) => ceremony.clone(),
            };
            (id.clone(), ceremony)
        });
        Self(by_id.collect())
    }

    /// Returns the ceremony of a provider.
    pub(crate) fn of_provider(&self, id: &ProviderId) -> Result<&dyn Ceremony, Failure> {
        self.0.get(id).map(AsRef::as_ref).ok_or_else(|| findings::unknown_provider(id))
    }

    /// Returns the ceremony shared by all credentials of a key.
    pub(crate) fn of_key(&self, key: &Key) -> Result<&dyn Ceremony, Failure> {
        let mut ceremonies = key.credentials.iter().map(|planned| self.of_provider(&planned.provider));
        let first = ceremonies.next().ok_or_else(|| findings::factory("wrong-key", "the key has no credentials"))??;
        for other in ceremonies {
            if !std::ptr::addr_eq(first, other?) {
                let what = "the credentials of the key belong to identity providers that cannot share a key";
                return Err(findings::factory("wrong-key", what));
            }
        }
        Ok(first)
    }
}
