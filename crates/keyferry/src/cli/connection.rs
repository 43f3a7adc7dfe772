//! Options that all commands have that call a connector.

use clap::Args;
use url::Url;

/// How to reach the connector
#[derive(Args, Clone, Debug)]
pub(crate) struct Connection {
    /// Profile of `keyferry login`. Default: the one that was used last with login or `profiles use`
    #[arg(long, value_name = "NAME", env = "KEYFERRY_PROFILE", global = true)]
    pub(crate) profile: Option<String>,
    /// Address of the API, with a token in KEYFERRY_TOKEN or KEYFERRY_TOKEN_FILE
    #[arg(long, value_name = "URL", env = "KEYFERRY_URL", global = true)]
    pub(crate) url: Option<Url>,
    /// Prints the JSON of the API instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// Reason of a decision, for the history
#[derive(Args, Clone, Debug)]
pub(crate) struct Reason {
    /// Reason, recorded in the history. A terminal asks for it
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Does not ask for confirmation
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
}
