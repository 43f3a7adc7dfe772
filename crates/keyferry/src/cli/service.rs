//! Options of the commands about the connector itself, persons and figures.

use clap::{Args, Subcommand, ValueEnum};

use super::connection::{Connection, Reason};

#[derive(Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Args)]
pub(crate) struct Products {
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Args)]
pub(crate) struct Countries {
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Args)]
pub(crate) struct Process {
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Args)]
pub(crate) struct People {
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(subcommand)]
    pub(crate) command: PeopleCommand,
}

#[derive(Subcommand)]
pub(crate) enum PeopleCommand {
    /// Shows the keys that were ordered for a person, newest first
    Show {
        /// The person: object id or user principal name
        user: String,
    },
    /// Revokes the passkeys and cancels the orders of people who left. Exits with 1 if something failed: then repeat
    /// the command, which does not repeat what is done
    Offboard {
        /// The people: object ids or user principal names
        #[arg(required_unless_present = "file")]
        users: Vec<String>,
        /// File with one person in each line. Empty lines and lines that start with # are ignored
        #[arg(long, value_name = "FILE")]
        file: Option<std::path::PathBuf>,
        #[command(flatten)]
        decision: Reason,
    },
}

#[derive(Args)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Ordered at or after this time or date
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Ordered before this time or date
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// What to group by. Separate several by commas
    #[arg(long, value_delimiter = ',')]
    pub(crate) by: Vec<GroupBy>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum GroupBy {
    Batch,
    Product,
    Country,
}

impl GroupBy {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Product => "product",
            Self::Country => "country",
        }
    }
}
