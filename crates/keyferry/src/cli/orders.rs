//! Options of the commands about orders and batches.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::connection::{Connection, Reason};

#[derive(Args)]
pub(crate) struct Orders {
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(subcommand)]
    pub(crate) command: OrdersCommand,
}

#[derive(Subcommand)]
pub(crate) enum OrdersCommand {
    /// Checks a file of orders. Nothing is ordered, and the upload is discarded unless --keep is given
    Check(OrderFile),
    /// Uploads and checks a file of orders, orders its rows after your confirmation, and shows the progress
    Submit(SubmitFile),
    /// Queues one order: a JSON object as the body of POST /v1/orders
    Queue(QueueOrder),
}

#[derive(Args)]
pub(crate) struct OrderFile {
    #[command(flatten)]
    pub(crate) file: BatchFile,
    /// Keeps the checked batch, for `keyferry batches submit`
    #[arg(long)]
    pub(crate) keep: bool,
}

/// A file of orders
#[derive(Args)]
pub(crate) struct BatchFile {
    /// CSV, or JSON Lines if the name ends in .jsonl or .ndjson. - is standard input
    pub(crate) file: PathBuf,
    /// Name of the batch. Default: the name of the file
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// File with the meaning of the columns, as JSON. Default: columns are recognised by their names
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,
    /// Format of the file. Default: by its name
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
}

#[derive(Args)]
pub(crate) struct SubmitFile {
    #[command(flatten)]
    pub(crate) file: BatchFile,
    #[command(flatten)]
    pub(crate) submit: BatchSubmit,
}

/// How a batch is submitted
#[derive(Args)]
pub(crate) struct BatchSubmit {
    /// Number of orders that you expect. Any other number is refused
    #[arg(long, value_name = "NUMBER")]
    pub(crate) confirm: Option<u64>,
    /// Orders the rows without errors, whatever their number, and does not ask
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
    /// Orders the rows without errors although other rows have errors
    #[arg(long)]
    pub(crate) skip_errors: bool,
    /// Ends after the submission, instead of showing the progress until the end
    #[arg(long)]
    pub(crate) no_wait: bool,
}

#[derive(Args)]
pub(crate) struct QueueOrder {
    /// File with the order. - is standard input
    pub(crate) file: PathBuf,
    /// Key that makes a repetition harmless: the same key and order return the same shipment
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Csv,
    Jsonl,
}

impl Format {
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Jsonl => "application/jsonl",
        }
    }
}

#[derive(Args)]
pub(crate) struct Batches {
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(subcommand)]
    pub(crate) command: BatchesCommand,
}

#[derive(Subcommand)]
pub(crate) enum BatchesCommand {
    /// Lists batches
    List(BatchList),
    /// Shows a batch: counts, progress, columns and findings
    Show(BatchId),
    /// Checks the rows of a batch
    Check(BatchId),
    /// Orders the rows of a batch, and shows the progress
    Submit {
        #[command(flatten)]
        batch: BatchId,
        #[command(flatten)]
        submit: BatchSubmit,
    },
    /// Shows the progress of a batch until its end
    Watch(BatchId),
    /// Stops sending the rows of a batch
    Pause(BatchSteer),
    /// Continues a paused batch
    Resume(BatchSteer),
    /// Cancels the rows of a batch that have not left
    Cancel(BatchSteer),
    /// Prints all rows with their shipments, states and findings
    Result(BatchResult),
    /// Prints an example of a file of orders, as CSV
    Template,
}

#[derive(Args)]
pub(crate) struct BatchList {
    /// States. Separate several by commas
    #[arg(long, value_delimiter = ',')]
    pub(crate) state: Vec<String>,
    /// Most batches that are shown
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub(crate) limit: u32,
}

#[derive(Args)]
pub(crate) struct BatchId {
    /// Id of the batch
    #[arg(value_name = "BATCH")]
    pub(crate) id: String,
}

#[derive(Args)]
pub(crate) struct BatchSteer {
    #[command(flatten)]
    pub(crate) batch: BatchId,
    #[command(flatten)]
    pub(crate) reason: Reason,
}

#[derive(Args)]
pub(crate) struct BatchResult {
    #[command(flatten)]
    pub(crate) batch: BatchId,
    /// Format. --json is the same as --format jsonl
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub(crate) format: Format,
    /// File to write. It appears only when it is complete. Default: standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}
