//! Options of the commands about events and webhooks.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use url::Url;

use super::connection::Connection;

#[derive(Args)]
pub(crate) struct Webhooks {
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(subcommand)]
    pub(crate) command: WebhooksCommand,
}

#[derive(Subcommand)]
pub(crate) enum WebhooksCommand {
    /// Lists webhooks
    List,
    /// Shows a webhook
    Show(WebhookId),
    /// Creates a webhook, and prints its id and its signing secret, which is not shown again
    Create(CreateWebhook),
    /// Changes a webhook. What is not given stays
    Update(UpdateWebhook),
    /// Deletes a webhook with its deliveries and its secret
    Delete(DeleteWebhook),
    /// Has Keyferry send a test message, and prints the receiver's answer. Exits with 1 if it was not accepted
    Test(WebhookId),
    /// Replaces the signing secret, and prints the new one, which is not shown again
    RotateSecret(RotateSecret),
    /// Lists messages to a webhook, newest first
    Deliveries(Deliveries),
    /// Lists messages that were not accepted for three days, newest first
    DeadLetters(DeliveryPage),
    /// Sends messages again, with the same ids
    Replay(Replay),
}

#[derive(Args)]
pub(crate) struct WebhookId {
    /// Id of the webhook
    #[arg(value_name = "WEBHOOK")]
    pub(crate) id: String,
}

/// Where a signing secret comes from. It is never an argument, which other users of the machine can see
#[derive(Args)]
pub(crate) struct SecretSource {
    /// File with the signing secret: whsec_ and base64 of 24 to 64 random bytes. - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "secret_variable")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Environment variable with the signing secret
    #[arg(long, value_name = "NAME")]
    pub(crate) secret_variable: Option<String>,
}

#[derive(Args)]
pub(crate) struct CreateWebhook {
    /// URL of the receiver: https, or http to the connector's machine
    #[arg(value_name = "URL")]
    pub(crate) receiver: String,
    /// Types of events, for example shipment.completed. Separate several by commas. Default: all
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    pub(crate) events: Vec<String>,
    /// Text for operators
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    #[command(flatten)]
    pub(crate) secret: SecretSource,
}

#[derive(Args)]
#[group(id = "change", required = true, multiple = true)]
pub(crate) struct WebhookChanges {
    /// New URL of the receiver
    #[arg(long, value_name = "URL")]
    pub(crate) receiver: Option<String>,
    /// New types of events. Separate several by commas
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    pub(crate) events: Vec<String>,
    /// All types of events
    #[arg(long, conflicts_with = "events")]
    pub(crate) all_events: bool,
    /// New text for operators. Empty to remove it
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Has the webhook receive messages, also about what happened while it was disabled
    #[arg(long)]
    pub(crate) enable: bool,
    /// Has the events wait until the webhook is enabled again
    #[arg(long, conflicts_with = "enable")]
    pub(crate) disable: bool,
}

#[derive(Args)]
pub(crate) struct UpdateWebhook {
    #[command(flatten)]
    pub(crate) webhook: WebhookId,
    #[command(flatten)]
    pub(crate) changes: WebhookChanges,
}

#[derive(Args)]
pub(crate) struct DeleteWebhook {
    #[command(flatten)]
    pub(crate) webhook: WebhookId,
    /// Does not ask for confirmation
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
}

#[derive(Args)]
pub(crate) struct RotateSecret {
    #[command(flatten)]
    pub(crate) webhook: WebhookId,
    #[command(flatten)]
    pub(crate) secret: SecretSource,
    /// Hours in which messages also have a signature by the old secret. 0 ends its validity at once
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(0..=168))]
    pub(crate) keep_previous_hours: u32,
    /// Does not ask for confirmation with --keep-previous-hours 0
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
}

#[derive(Args)]
pub(crate) struct DeliveryPage {
    #[command(flatten)]
    pub(crate) webhook: WebhookId,
    /// Most messages that are shown
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) limit: u32,
    /// Position of the page, from the page before
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
}

#[derive(Args)]
pub(crate) struct Deliveries {
    #[command(flatten)]
    pub(crate) page: DeliveryPage,
    /// Only messages in this state
    #[arg(long, value_enum)]
    pub(crate) state: Option<State>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum State {
    Pending,
    Delivered,
    Dead,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

#[derive(Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    pub(crate) webhook: WebhookId,
    /// Ids of messages, whatever became of them
    #[arg(value_name = "MESSAGE", required_unless_present = "dead", conflicts_with = "dead")]
    pub(crate) messages: Vec<String>,
    /// All messages that were not accepted for three days
    #[arg(long)]
    pub(crate) dead: bool,
}

#[derive(Args)]
pub(crate) struct ListenEvents {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Sends each event to this URL, signed as Keyferry signs messages to webhooks. https, or http to this machine
    #[arg(long, value_name = "URL")]
    pub(crate) forward_to: Option<Url>,
    /// Types of events, for example shipment.completed. Separate several by commas. Default: all
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    pub(crate) events: Vec<String>,
    /// Position to begin after, from an earlier run; an empty one for the first event. Default: after the newest event
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<String>,
    #[command(flatten)]
    pub(crate) secret: SecretSource,
}
