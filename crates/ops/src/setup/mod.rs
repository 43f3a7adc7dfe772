//! The guide's sections 5.1 and 5.2 through Graph: what is there is compared with what is wanted, and only the difference is done.
//!
//! It can be run again: a second run finds nothing to do. What belongs to others (more scopes, more permissions, more models) stays.

mod policy;
mod registrations;

use std::path::PathBuf;
use std::sync::Arc;

use keyferry_domain::{Aaguid, Clock, Entropy, Failure};
use keyferry_entra::Tenant;

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Verified domain of the Application ID URI; the tenant's first one when not given.
    pub domain: Option<String>,
    /// Client id of the connector's registration, when it is there and known to be the organisation's.
    pub client_id: Option<String>,
    /// Name of the connector's registration, when it has to be made.
    pub connector_name: String,
    /// Name of the test client's, when there is to be one (guide 5.2.2).
    pub test_client_name: Option<String>,
    /// Application permissions on Graph, by name.
    pub permissions: Vec<String>,
    /// Where a new client secret is written. A file with something in it stays, and no secret is made.
    pub secret_file: Option<PathBuf>,
    /// The same for the test client.
    pub test_client_secret_file: Option<PathBuf>,
    /// How long secrets live, days.
    pub secret_days: u32,
    /// Whether the policy for passkeys is looked at.
    pub policy: bool,
    /// Models that key restrictions must allow.
    pub models: Vec<Aaguid>,
    /// Whether key restrictions are switched on where they are off: other models can be used no more.
    pub enforce_key_restrictions: bool,
}

/// Whether what is missing is done, or only told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only told.
    DryRun,
    /// Done.
    Apply,
}

/// One line of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// It is as it should be.
    Right(String),
    /// It is changed, or would be.
    Change(String),
    /// A person must do or know it.
    ByHand(String),
    /// A value that the deployment asks for.
    Value(&'static str, String),
}

/// Why it ended early. What was done before stays done, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Graph refused, or did not answer.
    #[error("{0}. What was done before stays; run it again once that is mended")]
    Graph(#[from] Failure),
    /// Something in the tenant is not as one expects it.
    #[error("{0}")]
    Tenant(String),
    /// A secret was made, and could not be kept.
    #[error("{0}")]
    File(String),
}

/// A tenant with the administrator's token.
pub struct Setup {
    /// Where.
    pub tenant: Tenant,
    /// For ends of secrets, and pauses.
    pub clock: Arc<dyn Clock>,
    /// For ids.
    pub entropy: Arc<dyn Entropy>,
    /// Whether to do it.
    pub mode: Mode,
}

impl Setup {
    /// Looks at everything, in the guide's order, and does what is missing.
    ///
    /// # Errors
    /// At the first thing that cannot be done.
    pub async fn run(&self, wanted: &Wanted, told: &mut Vec<Line>) -> Result<(), SetupError> {
        if wanted.policy {
            policy::set(self, wanted, told).await?;
        }
        registrations::connector(self, wanted, told).await?;
        if let Some(name) = &wanted.test_client_name {
            registrations::test_client(self, name, wanted, told).await?;
        }
        Ok(())
    }

    fn applies(&self) -> bool {
        self.mode == Mode::Apply
    }
}

/// All lines for a person.
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
        (Mode::Apply, changes) => format!("{changes} changes were made\n"),
        (Mode::DryRun, changes) => format!("{changes} changes would be made: --apply makes them\n"),
    });
    text
}
