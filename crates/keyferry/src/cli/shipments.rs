//! Options of the commands about shipments.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use keyferry_client::Filter;

use super::connection::{Connection, Reason};
use super::orders::Format;

#[derive(Args)]
pub(crate) struct Shipments {
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(subcommand)]
    pub(crate) command: ShipmentsCommand,
}

#[derive(Subcommand)]
pub(crate) enum ShipmentsCommand {
    /// Lists shipments
    List(List),
    /// Prints the numbers of shipments by phase and obstacle
    Count(Filters),
    /// Shows a shipment and its history
    Show(Show),
    /// Shows changes of shipments until nothing more happens to any of them
    Watch(Watch),
    /// Prints all shipments that match as CSV or JSON Lines
    Export(Export),
    /// Has the next run process shipments, even after a final obstacle
    Retry(Bulk),
    /// Cancels shipments
    Cancel(Bulk),
    /// Orders a replacement for a shipment
    Replace(Replace),
    /// Gives the address of an order that waits for it, in place of the person
    Address(Address),
    /// Continues an unconfirmed order as an order of the delivery service
    Adopt(Adopt),
    /// Ends unconfirmed orders that were never placed
    Abandon(Bulk),
    /// Decides about shipments: complete, retry, adopted or recalled
    Resolve(Resolve),
    /// Sends PINs again
    ResendPin(Bulk),
    /// Prints the PIN of a shipment on a letter for a window envelope, once. Needs a signed-in user
    PrintPin(PrintPin),
}

/// Conditions. All given ones must match
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Filter")]
pub(crate) struct Filters {
    /// Phases. Separate several by commas
    #[arg(long, value_delimiter = ',')]
    phase: Vec<String>,
    /// Classes of the obstacle: retry, attention, final, none. Separate several by commas
    #[arg(long, value_name = "CLASS", value_delimiter = ',')]
    obstacle: Vec<String>,
    /// Codes of the obstacle. Separate several by commas
    #[arg(long, value_delimiter = ',')]
    code: Vec<String>,
    /// Holder of the key: object id or user principal name
    #[arg(long)]
    user: Option<String>,
    /// Serial number of a key
    #[arg(long, value_name = "NUMBER")]
    serial: Option<String>,
    /// Tracking number of the parcel
    #[arg(long, value_name = "NUMBER")]
    tracking: Option<String>,
    /// Your own number of the order
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,
    /// Id of the batch
    #[arg(long, value_name = "ID")]
    batch: Option<String>,
    /// Product id of the first key
    #[arg(long, value_name = "ID")]
    product: Option<i64>,
    /// Country of the delivery: two letters, for example US
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// Created at or after this time or date (UTC)
    #[arg(long, value_name = "TIME")]
    created_from: Option<String>,
    /// Created before this time or date
    #[arg(long, value_name = "TIME")]
    created_to: Option<String>,
    /// Changed at or after this time or date
    #[arg(long, value_name = "TIME")]
    updated_from: Option<String>,
    /// Changed before this time or date
    #[arg(long, value_name = "TIME")]
    updated_to: Option<String>,
    /// With a deadline of the registration at or after this time or date
    #[arg(long, value_name = "TIME")]
    deadline_from: Option<String>,
    /// With a deadline of the registration before this time or date
    #[arg(long, value_name = "TIME")]
    deadline_to: Option<String>,
    /// Needed by this day or a later one
    #[arg(long, value_name = "DAY")]
    needed_from: Option<String>,
    /// Needed by a day before this one
    #[arg(long, value_name = "DAY")]
    needed_to: Option<String>,
    /// Only shipments that cannot progress without an operator
    #[arg(long)]
    needs_human: bool,
    /// Only queued orders that wait for the address, which the person gives
    #[arg(long)]
    awaits_address: bool,
}

impl From<&Filters> for Filter {
    fn from(filters: &Filters) -> Self {
        let of = filters.clone();
        Self {
            phase: of.phase,
            obstacle: of.obstacle,
            code: of.code,
            user: of.user,
            serial: of.serial,
            tracking: of.tracking,
            reference: of.reference,
            batch: of.batch,
            product: of.product,
            country: of.country,
            created_from: of.created_from,
            created_to: of.created_to,
            updated_from: of.updated_from,
            updated_to: of.updated_to,
            deadline_from: of.deadline_from,
            deadline_to: of.deadline_to,
            needed_from: of.needed_from,
            needed_to: of.needed_to,
            needs_human: of.needs_human,
            awaits_address: of.awaits_address,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    Id,
    Newest,
    Updated,
    Deadline,
    NextAttempt,
}

impl Sort {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Newest => "newest",
            Self::Updated => "updated",
            Self::Deadline => "deadline",
            Self::NextAttempt => "next_attempt",
        }
    }
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Order
    #[arg(long, value_enum, default_value_t = Sort::Newest)]
    pub(crate) sort: Sort,
    /// Most shipments that are shown. With --json: size of the page
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub(crate) limit: u32,
    /// `next_cursor` of the previous page
    #[arg(long)]
    pub(crate) cursor: Option<String>,
}

#[derive(Args)]
pub(crate) struct Show {
    /// Id of the shipment: Keyferry's or the delivery service's
    #[arg(value_name = "SHIPMENT")]
    pub(crate) id: String,
}

#[derive(Args)]
pub(crate) struct Watch {
    /// Ids of shipments. Default: those that match the filter now
    #[arg(value_name = "SHIPMENT")]
    pub(crate) ids: Vec<String>,
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Ends with exit code 5 when only shipments are left that need an operator
    #[arg(long)]
    pub(crate) stop_when_stuck: bool,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) interval: u32,
}

#[derive(Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Order
    #[arg(long, value_enum, default_value_t = Sort::Id)]
    pub(crate) sort: Sort,
    /// Format. --json is the same as --format jsonl
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub(crate) format: Format,
    /// File to write. It appears only when it is complete. Default: standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Decision about one shipment, or about many
#[derive(Args)]
pub(crate) struct Bulk {
    /// Ids of the shipments. Default: those that match the filter
    #[arg(value_name = "SHIPMENT")]
    pub(crate) ids: Vec<String>,
    #[command(flatten)]
    pub(crate) decision: Reason,
    /// Only prints for how many shipments the action is possible
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Number of shipments that you expect. Any other number is refused
    #[arg(long, value_name = "NUMBER", conflicts_with = "dry_run")]
    pub(crate) confirm: Option<u64>,
    #[command(flatten)]
    pub(crate) filters: Filters,
}

#[derive(Args)]
pub(crate) struct Resolve {
    /// Decision. Only `complete` is possible for many shipments
    #[arg(long, value_enum, default_value_t = Outcome::Complete)]
    pub(crate) outcome: Outcome,
    /// Delivery service's id of the order, for the outcome `adopted`
    #[arg(long, value_name = "ID")]
    pub(crate) delivery_id: Option<String>,
    #[command(flatten)]
    pub(crate) bulk: Bulk,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Outcome {
    Complete,
    Retry,
    Adopted,
    Recalled,
}

impl Outcome {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Retry => "retry",
            Self::Adopted => "adopted",
            Self::Recalled => "recalled",
        }
    }
}

#[derive(Args)]
pub(crate) struct Adopt {
    /// Id of the shipment
    #[arg(value_name = "SHIPMENT")]
    pub(crate) id: String,
    /// Delivery service's id of the order
    #[arg(long, value_name = "ID")]
    pub(crate) delivery_id: String,
    #[command(flatten)]
    pub(crate) decision: Reason,
}

#[derive(Args)]
pub(crate) struct Address {
    /// Id of the shipment
    #[arg(value_name = "SHIPMENT")]
    pub(crate) id: String,
    /// File with the address: a JSON object as the body of PUT /v1/shipments/{id}/address. - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) address: PathBuf,
}

#[derive(Args)]
pub(crate) struct PrintPin {
    /// Delivery service's or Keyferry's id
    pub(crate) id: String,
    /// Line of name and address in the window. Repeatable, at most six
    #[arg(long = "to", value_name = "LINE", required = true)]
    pub(crate) address: Vec<String>,
    /// File for the letter (PDF). It must not exist, and only its owner can read it. Delete it after printing
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Name of the user of the key on the letter. Default: the display name in the directory
    #[arg(long, value_name = "NAME")]
    pub(crate) user_name: Option<String>,
    /// Language of the letter
    #[arg(long, value_enum, default_value_t = LetterLanguage::En)]
    pub(crate) language: LetterLanguage,
    /// Releases the PIN against a release rule, with this reason
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Does not ask for confirmation
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LetterLanguage {
    En,
    De,
}

impl LetterLanguage {
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }
}

#[derive(Args)]
pub(crate) struct Replace {
    /// Id of the shipment
    #[arg(value_name = "SHIPMENT")]
    pub(crate) id: String,
    /// File with the new order: a JSON object as the body of POST /v1/orders. - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) order: PathBuf,
    /// Key that makes a repetition harmless: the same key and order return the same shipment
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) decision: Reason,
}
