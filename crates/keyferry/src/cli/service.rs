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
    /// Reports a key as lost: revokes its passkey at once, releases nothing more for it, and orders the next one. Can
    /// be repeated: it orders once
    LostKey(LostKey),
    /// Marks a key as returned: revokes its passkey, and releases nothing more for it
    Return {
        /// Serial number of the key
        serial: String,
        #[command(flatten)]
        decision: Reason,
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
pub(crate) struct LostKey {
    /// The person: object id or user principal name
    pub(crate) user: String,
    /// Serial number of the key. Default: the newest key that was made for the person
    #[arg(long, value_name = "NUMBER", conflicts_with = "shipment")]
    pub(crate) serial: Option<String>,
    /// Id of the key's shipment, for example if the parcel was lost
    #[arg(long, value_name = "ID")]
    pub(crate) shipment: Option<String>,
    /// File with the order of the next key: a JSON object as the body of POST /v1/orders. - is standard input. Default:
    /// the same product, to the address in the directory
    #[arg(long, value_name = "FILE", conflicts_with = "no_replacement")]
    pub(crate) file: Option<std::path::PathBuf>,
    /// Orders no key
    #[arg(long)]
    pub(crate) no_replacement: bool,
    /// Requests a temporary access pass for the meantime. Its addressee (KEYFERRY_ACCESS_PASS of the service) gets a
    /// mail with a link to a page, which shows it once. Needs the role Keyferry.Pin, too
    #[arg(long)]
    pub(crate) access_pass: bool,
    #[command(flatten)]
    pub(crate) decision: Reason,
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
