//! What the pages about the service's health read, beside the engine.

use std::sync::{Arc, OnceLock};

use futures::future::BoxFuture;
use keyferry_domain::{Finding, Timestamp};
use keyferry_engine::Problem;

/// Runs the checks of `keyferry doctor`.
pub type Examine = Arc<dyn Fn() -> BoxFuture<'static, Vec<Finding>> + Send + Sync>;

/// What the pages read.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds functions")]
pub struct HealthSources {
    /// Checks of `keyferry doctor`.
    pub examine: Examine,
    /// Settings in effect.
    pub settings: Arc<[EffectiveSetting]>,
    /// Returns the names of the connector's app credentials and when they expire, if they do.
    pub app_credentials: Arc<dyn Fn() -> Vec<(String, Timestamp)> + Send + Sync>,
    /// Problem of the server of the API.
    pub server: ServerProblem,
    /// Version of the program, with what distinguishes this build.
    pub version: String,
    /// Whether the identity provider is a stand-in on this machine.
    pub is_sandbox: bool,
}

/// Returns what is wrong with the server, if something is.
type Ask = Arc<dyn Fn() -> Option<Problem> + Send + Sync>;

/// What readiness reports about the server. Known once the service listens.
#[derive(Clone, Default)]
#[expect(missing_debug_implementations, reason = "it holds a function")]
pub struct ServerProblem(Arc<OnceLock<Ask>>);

impl ServerProblem {
    /// Sets the function. The first call counts.
    pub fn set(&self, ask: Ask) {
        drop(self.0.set(ask));
    }

    pub(crate) fn get(&self) -> Option<Problem> {
        self.0.get().and_then(|ask| ask())
    }
}

/// Setting, with the value in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveSetting {
    /// Name.
    pub name: &'static str,
    /// Section of the reference page.
    pub section: &'static str,
    /// Value. Without anything confidential.
    pub value: EffectiveValue,
    /// Where the value comes from.
    pub source: SettingSource,
    /// Default, or a description of it. Empty if there is none.
    pub default: String,
}

/// Value in effect, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EffectiveValue {
    /// The value. Parts of an address that may be confidential are replaced by `…`.
    Text(String),
    /// A secret, which is set.
    Secret,
    /// Nothing is set.
    Unset,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingSource {
    /// Environment variable.
    Environment,
    /// `keyferry.toml`.
    File,
    /// A file with only this secret (`<NAME>_FILE`).
    SecretFile,
    /// The command line or the demo.
    Program,
    /// It is not set.
    Default,
}
