//! The world that all endpoints share. Each part locks itself; none holds two locks at once.

use std::sync::{Mutex, MutexGuard, PoisonError};

use url::Url;

use crate::clock::Clock;
use crate::directory::Directory;
use crate::error::Error;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::policy::Policy;
use crate::settings::Settings;
use crate::tls::Tls;
use crate::{delivery, entra, factory, graph, mailbox, signin, vault};

/// What does not change while the sandbox runs.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Ends with `/`.
    pub(crate) base_url: Url,
    /// Port of everything that speaks HTTP.
    pub(crate) http_port: u16,
    /// WebAuthn relying party id.
    pub(crate) rp_id: String,
    pub(crate) seed: u64,
    /// 0: only when stepped by hand.
    pub(crate) parcel_seconds_per_state: f64,
    /// STARTTLS.
    pub(crate) smtp_port: u16,
    /// Implicit TLS.
    pub(crate) smtps_port: u16,
    /// Base URL of the vault, without a slash at the end.
    pub(crate) vault_url: String,
}

impl Facts {
    /// Where a browser signs in: by name, since a relying party id is never an address.
    pub(crate) fn sign_in_page(&self) -> String {
        format!("http://localhost:{}/signin", self.http_port)
    }
}

/// Everything.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) facts: Facts,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    directory: Mutex<Directory>,
    policy: Mutex<Policy>,
    settings: Mutex<Settings>,
    pub(crate) entra: entra::State,
    pub(crate) graph: graph::State,
    pub(crate) signin: signin::State,
    pub(crate) delivery: delivery::State,
    pub(crate) factory: factory::State,
    pub(crate) mailbox: mailbox::State,
    pub(crate) vault: vault::State,
    pub(crate) tls: Tls,
}

impl World {
    /// A world at its beginning.
    pub(crate) fn new(facts: Facts) -> Result<Self, Error> {
        let seed = facts.seed;
        Ok(Self {
            clock: Clock::default(),
            faults: Faults::new(seed),
            journal: Journal::default(),
            directory: Mutex::new(Directory::contoso()),
            policy: Mutex::default(),
            settings: Mutex::default(),
            entra: entra::State::new()?,
            graph: graph::State::new(),
            signin: signin::State::default(),
            delivery: delivery::State::new(seed)?,
            factory: factory::State::new(seed)?,
            mailbox: mailbox::State::default(),
            vault: vault::State::new(),
            tls: Tls::new()?,
            facts,
        })
    }

    /// Back to the beginning. Signing keys, transport keys and certificates stay, so that clients need not start again.
    pub(crate) fn reset(&self) {
        self.clock.reset();
        self.faults.remove(None);
        self.journal.clear();
        *self.directory() = Directory::contoso();
        self.set_policy(Policy::default());
        self.set_settings(Settings::default());
        self.graph.reset();
        self.signin.reset();
        self.delivery.reset();
        self.factory.reset();
        self.mailbox.reset();
        self.vault.reset();
    }

    /// Users and apps. Hold it briefly, and not across an `await`.
    pub(crate) fn directory(&self) -> MutexGuard<'_, Directory> {
        self.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The FIDO2 policy as it stands.
    pub(crate) fn policy(&self) -> Policy {
        self.policy.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the FIDO2 policy.
    pub(crate) fn set_policy(&self, policy: Policy) {
        *self.policy.lock().unwrap_or_else(PoisonError::into_inner) = policy;
    }

    /// The knobs as they stand.
    pub(crate) fn settings(&self) -> Settings {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the knobs.
    pub(crate) fn set_settings(&self, settings: Settings) {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// An URL of the sandbox, from a path without a leading slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.facts.base_url)
    }
}
