//! Sets up Entra ID through Microsoft Graph (guide 5.1 and 5.2). Compares the present state with the wanted state and
//! makes only the missing changes.
//!
//! It is idempotent: a second run changes nothing. Additional scopes, permissions and models are kept.

mod policy;
mod registrations;
mod roles;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::{Aaguid, Clock, Entropy, Failure};
use keyferry_entra::Tenant;

pub use roles::{DEFAULT_ROLES, role_named};

/// A new object is not visible everywhere in the directory at once, so calls are retried.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_secs(5);

/// Wanted state.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Verified domain of the Application ID URI. Default: the tenant's initial domain.
    pub domain: Option<String>,
    /// Client id of the connector's app registration, if it exists and the operator confirms that it belongs to the
    /// organisation.
    pub client_id: Option<String>,
    /// Name of the connector's app registration, if it has to be created.
    pub connector_name: String,
    /// Name of the test client's app registration, if there is to be a test client (guide 5.2.2).
    pub test_client_name: Option<String>,
    /// Applications that may call the API, with their roles.
    pub callers: Vec<Caller>,
    /// Addresses to which users of pages return after they signed in.
    pub redirects: Vec<Redirect>,
    /// Application permissions on Microsoft Graph, by name.
    pub permissions: Vec<String>,
    /// File for a new client secret. If the file has content, it is kept and no secret is created.
    pub secret_file: Option<PathBuf>,
    /// File for the test client's secret, with the same rule.
    pub test_client_secret_file: Option<PathBuf>,
    /// Lifetime of secrets in days.
    pub secret_days: u32,
    /// Whether to set the passkey policy.
    pub policy: bool,
    /// Models that key restrictions must allow.
    pub models: Vec<Aaguid>,
    /// Whether to enforce key restrictions that are not enforced yet. Other models can no longer be used then.
    pub enforce_key_restrictions: bool,
}

/// Address to which users of pages return after they signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The redirect URI.
    pub uri: String,
    /// Whose pages it is for, for the operator.
    pub pages: &'static str,
}

/// Application that calls the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Client id.
    pub client_id: String,
    /// Names of its app roles.
    pub roles: Vec<&'static str>,
}

/// Whether to make the missing changes or only list them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only lists the changes.
    DryRun,
    /// Makes the changes.
    Apply,
}

/// One line of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// The state is as wanted.
    Right(String),
    /// A change that was made, or would be made.
    Change(String),
    /// An action or a note for the operator.
    ByHand(String),
    /// A value that the deployment needs.
    Value(&'static str, String),
}

/// Reason why the setup stopped. Earlier changes are kept, and the next run continues from there.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Microsoft Graph refused a call or did not respond.
    #[error("{0}. Changes made so far are kept. Fix the cause, then run it again")]
    Graph(#[from] Failure),
    /// The tenant is not in an expected state.
    #[error("{0}")]
    Tenant(String),
    /// A secret could not be written to its file.
    #[error("{0}")]
    File(String),
}

/// A tenant, called with the administrator's token.
pub struct Setup {
    /// The tenant.
    pub tenant: Tenant,
    /// Clock for the expiry of secrets and for pauses between retries.
    pub clock: Arc<dyn Clock>,
    /// Entropy for ids.
    pub entropy: Arc<dyn Entropy>,
    /// Whether to make the changes.
    pub mode: Mode,
}

impl Setup {
    /// Makes the missing changes in the guide's order. Appends one line for each step to `lines`.
    ///
    /// # Errors
    /// Stops at the first error.
    pub async fn run(&self, wanted: &Wanted, lines: &mut Vec<Line>) -> Result<(), SetupError> {
        if wanted.policy {
            policy::set(self, wanted, lines).await?;
        }
        let api = registrations::connector(self, wanted, lines).await?;
        if let Some(name) = &wanted.test_client_name {
            registrations::test_client(self, name, api.as_ref(), wanted, lines).await?;
        }
        roles::assign(self, api.as_ref(), &wanted.callers, lines).await
    }

    fn applies(&self) -> bool {
        self.mode == Mode::Apply
    }
}

/// Formats all lines as text.
pub fn as_text(lines: &[Line], mode: Mode) -> String {
    let mut text = String::new();
    for line in lines {
        let line = match line {
            Line::Right(what) => format!("ok       {what}"),
            Line::Change(what) if mode == Mode::Apply => format!("done     {what}"),
            Line::Change(what) => format!("would    {what}"),
            Line::ByHand(what) => format!("BY HAND  {what}"),
            Line::Value(name, value) => format!("         {name} = {value}"),
        };
        text.push_str(&line);
        text.push('\n');
    }
    let changes = lines.iter().filter(|line| matches!(line, Line::Change(_))).count();
    text.push_str(&match (mode, changes) {
        (_, 0) => "nothing to do\n".to_owned(),
        (Mode::Apply, changes) => format!("{changes} changes made\n"),
        (Mode::DryRun, changes) => format!("{changes} changes would be made. Pass --apply to make them\n"),
    });
    text
}
