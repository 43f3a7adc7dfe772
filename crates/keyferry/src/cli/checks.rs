//! Options of the commands that check a deployment and its data.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::connection::Connection;

#[derive(Args)]
pub(crate) struct Doctor {
    /// File with the connector's settings. Environment variables take precedence
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Checks the demo that runs on this machine, instead of a deployment: address of its sandbox
    #[arg(
        long,
        value_name = "URL",
        num_args = 0..=1,
        default_missing_value = "http://127.0.0.1:8090",
        conflicts_with = "config"
    )]
    pub(crate) demo: Option<url::Url>,
    /// User for whom creation options are requested from Graph. No order is placed
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) user: Option<String>,
    /// Sends a test mail through the configured PIN delivery. Its PIN 00000000 belongs to no key
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) send_test_mail: Option<String>,
    /// Product to be ordered. The passkey policy must allow its models. Default: products of open shipments
    #[arg(long = "product", value_name = "ID")]
    pub(crate) products: Vec<i64>,
    /// File with an administrator's access token for Graph, to read the passkey policy if the connector may not
    #[arg(long, value_name = "FILE")]
    pub(crate) graph_token_file: Option<PathBuf>,
    /// Prints one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Reconcile {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Position at which an interrupted comparison continues
    #[arg(long, value_name = "CURSOR", conflicts_with_all = ["journal", "confirm"])]
    pub(crate) cursor: Option<String>,
    /// Compares the database of this machine with the journal of accepted orders instead, for example after a restore.
    /// Exits with 1 if they differ
    #[arg(long)]
    pub(crate) journal: bool,
    /// Accepts the differences from the journal, so that the connector starts with this database
    #[arg(long)]
    pub(crate) confirm: bool,
    /// File with the connector's settings, for --journal. Environment variables take precedence
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Directory for shipments and sealed secrets, for --journal
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

impl Reconcile {
    /// Returns whether it is about the journal. Its options without `--journal` mean it, too.
    pub(crate) fn is_of_journal(&self) -> bool {
        self.journal || self.confirm || self.config.is_some() || self.data_dir.is_some()
    }
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) command: Option<AuditCommand>,
    #[command(flatten)]
    pub(crate) trail: Trail,
}

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Verifies the chain of all events. Exits with 1, and shows the first broken link, if an event was changed or
    /// deleted
    Verify(AuditVerify),
    /// Prints all events with their chain as JSON Lines, which an auditor can verify without Keyferry
    Export(AuditExport),
}

/// Shows the records of the tenant's audit log for a shipment, together with the shipment's own history
#[derive(Args)]
pub(crate) struct Trail {
    /// Id of the shipment: Keyferry's or the delivery service's
    #[arg(required = true)]
    pub(crate) shipment: Option<String>,
    /// File with the connector's settings. Environment variables take precedence
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// File with an administrator's access token for Graph, to read the audit log if the connector may not
    #[arg(long, value_name = "FILE")]
    pub(crate) graph_token_file: Option<PathBuf>,
    /// Prints one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct AuditVerify {
    /// File with the connector's settings. Environment variables take precedence
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Entry that the chain must contain, from an earlier verification or from the log
    #[arg(long, value_name = "ENTRY:HASH")]
    pub(crate) expect: Vec<String>,
    /// Id of a signing key that was lost with its key file or its vault
    #[arg(long, value_name = "KEY-ID")]
    pub(crate) trust: Vec<String>,
}

#[derive(Args)]
pub(crate) struct AuditExport {
    /// File with the connector's settings. Environment variables take precedence
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Rekey {
    /// File with the connector's settings. Environment variables take precedence
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Removes the old keys from the key file, instead of adding one. Older backups of the database need them
    #[arg(long)]
    pub(crate) retire: bool,
}
