//! Options of the commands for shells.

use clap::Args;
use clap_complete::Shell;

#[derive(Args)]
pub(crate) struct Completions {
    /// Shell
    pub(crate) shell: Shell,
}

#[derive(Args)]
pub(crate) struct Man {
    /// Command, for example: shipments list. Default: keyferry itself
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}
