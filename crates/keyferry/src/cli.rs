//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};

/// A connector for pre-registered security keys.
#[derive(Parser)]
#[command(name = "keyferry", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Runs the connector against the real services
    Serve(Serve),
    /// Runs the sandbox alone: stand-ins for Entra, Graph, the delivery service, the key factory and a mailbox
    Sandbox(Sandbox),
    /// Runs connector and sandbox in one process, ready to be tried
    Demo(Demo),
    /// Asks the connector on this machine whether it is ready, and ends with 0 if so: for a container's health check
    Healthcheck(Healthcheck),
    /// Looks at everything that a deployment can get wrong, and ends with 0 when nothing failed
    Doctor(Doctor),
    /// Shows what the tenant's audit log says of a shipment, beside the shipment's own history
    Audit(Audit),
    /// Sets up what the connector needs elsewhere; shows what it would change unless told to do it
    #[command(subcommand)]
    Setup(Setup),
    /// Prints the next runs of a cron expression, one RFC 3339 time a line
    Schedule(Schedule),
    /// Prints the reference page of all settings
    Settings,
    /// Prints the API's OpenAPI document
    Openapi,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// File with settings; the environment comes before it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) listen: Listen,
}

#[derive(Args)]
pub(crate) struct Healthcheck {
    /// File with the connector's settings; the environment comes before it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Its port of /livez and /readyz; that of its settings when not given
    #[arg(long, value_name = "PORT")]
    pub(crate) probe_port: Option<u16>,
    /// Asks whether it is alive, and not whether it is ready
    #[arg(long)]
    pub(crate) alive: bool,
}

#[derive(Args)]
pub(crate) struct Doctor {
    /// File with the connector's settings; the environment comes before it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A person for whom Graph is asked for creation options; nothing is ordered
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) user: Option<String>,
    /// Sends a mail with the PIN 00000000 of no key, the way that PINs go
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) send_test_mail: Option<String>,
    /// A product that is ordered, whose models the passkey policy must allow; those of open shipments when not given
    #[arg(long = "product", value_name = "ID")]
    pub(crate) products: Vec<i64>,
    /// File with an administrator's access token for Graph, for what the connector may not read: the passkey policy
    #[arg(long, value_name = "FILE")]
    pub(crate) graph_token_file: Option<PathBuf>,
    /// Prints one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Audit {
    /// The shipment: the connector's id or the delivery service's
    pub(crate) shipment: String,
    /// File with the connector's settings; the environment comes before it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// File with an administrator's access token for Graph, where the connector itself may not read the audit log
    #[arg(long, value_name = "FILE")]
    pub(crate) graph_token_file: Option<PathBuf>,
    /// Prints one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Setup {
    /// App registrations and passkey policy in Microsoft Entra ID (the guide's 5.1 and 5.2), with an administrator's token
    Entra(SetupEntra),
}

#[derive(Args)]
pub(crate) struct SetupEntra {
    /// File with an administrator's access token for Graph: az account get-access-token --resource-type ms-graph --query accessToken
    #[arg(long, value_name = "FILE")]
    pub(crate) graph_token_file: PathBuf,
    /// Makes the changes; without it they are shown
    #[arg(long)]
    pub(crate) apply: bool,
    /// File with settings, for another cloud than the global one; the environment comes before it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Verified domain for the Application ID URI; the tenant's first one when not given
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) domain: Option<String>,
    /// Client id of the connector's registration, when it is there and known to be yours
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// Name of the connector's registration
    #[arg(long, value_name = "NAME", default_value = "Yubico FIDO Pre-reg Service")]
    pub(crate) name: String,
    /// Registers a client for tests of the deployment, too
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "Yubico FIDO Pre-reg Test Client")]
    pub(crate) test_client: Option<String>,
    /// Which way the PIN goes: another than the Logic App needs more permissions
    #[arg(long, value_enum, default_value_t = PinWay::LogicApp)]
    pub(crate) pin_by: PinWay,
    /// Lets the connector read the passkey policy, so that the doctor needs no administrator
    #[arg(long)]
    pub(crate) read_policy: bool,
    /// Where the connector's client secret is written; none is made when there is something in the file
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// The same for the test client
    #[arg(long, value_name = "FILE", requires = "test_client")]
    pub(crate) test_client_secret_file: Option<PathBuf>,
    /// How long secrets live
    #[arg(long, value_name = "DAYS", default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=730))]
    pub(crate) secret_days: u32,
    /// Leaves the passkey policy alone
    #[arg(long)]
    pub(crate) no_policy: bool,
    /// A product that will be ordered, whose models the key restrictions must allow
    #[arg(long = "product", value_name = "ID")]
    pub(crate) products: Vec<i64>,
    /// Switches key restrictions on where they are off: keys of other models can be used no more
    #[arg(long, requires = "products")]
    pub(crate) enforce_key_restrictions: bool,
}

/// Each comes before the setting of the same meaning.
#[derive(Args)]
pub(crate) struct Listen {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bind: Option<IpAddr>,
    /// Port of the API; 0 for any free one
    #[arg(long, value_name = "PORT")]
    pub(crate) api_port: Option<u16>,
    /// Port of /livez and /readyz; 0 for any free one
    #[arg(long, value_name = "PORT")]
    pub(crate) probe_port: Option<u16>,
    /// Where shipments and sealed secrets are kept
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Sandbox {
    /// Address to listen on; the control API knows no authentication, so keep it on this machine
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) bind: IpAddr,
    #[command(flatten)]
    pub(crate) world: SandboxWorld,
    /// Prints one JSON object on the first line of standard output instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct SandboxWorld {
    /// Port of the sandbox; 0 for any free one
    #[arg(long, value_name = "PORT", default_value_t = 8090)]
    pub(crate) sandbox_port: u16,
    /// Port of its mail server with STARTTLS; 0 for any free one
    #[arg(long, value_name = "PORT", default_value_t = 8025)]
    pub(crate) smtp_port: u16,
    /// Port of its mail server with implicit TLS; 0 for any free one
    #[arg(long, value_name = "PORT", default_value_t = 8465)]
    pub(crate) smtps_port: u16,
    /// HTTPS port of its vault; any free one when not given
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub(crate) vault_port: u16,
    /// Relying party id of the simulated identity provider
    #[arg(long, value_name = "DOMAIN", default_value = "localhost")]
    pub(crate) rp_id: String,
    /// Seed of ids, serial numbers and faults; another one at each start when not given
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// Seconds that a parcel stays in one state; 0 when it moves only by the control API
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    pub(crate) parcel_seconds: f64,
}

#[derive(Args)]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) listen: Listen,
    #[command(flatten)]
    pub(crate) world: SandboxWorld,
    /// Which way the PIN goes
    #[arg(long, value_enum, default_value_t = PinWay::Smtp)]
    pub(crate) pin_by: PinWay,
    /// Prints one JSON object on the first line of standard output instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Runs one order through all steps and ends: 0 only if the person could sign in
    #[arg(long)]
    pub(crate) scenario: bool,
    /// Prints the connector's log, too; without it only warnings and errors are printed
    #[arg(long)]
    pub(crate) verbose: bool,
    /// In the scenario, each service that the connector calls refuses, loses or delays an answer on the way
    #[arg(long, requires = "scenario")]
    pub(crate) faults: bool,
    /// In the scenario, everything as in Azure: Table Storage by this azurite-table (name or path), secrets in the sandbox's vault, and
    /// two replicas as processes; the one that works on the order is killed, and both of the connector's secrets are rotated, on the way
    #[arg(long, value_name = "PROGRAM", requires = "scenario", conflicts_with = "data_dir")]
    pub(crate) azurite: Option<PathBuf>,
    /// In the scenario, orders a key whose PIN must be changed before its first use
    #[arg(long, requires = "scenario")]
    pub(crate) one_time_pin: bool,
    /// After the scenario, does the mail and the sign-in once more in a real browser: name or path of chromedriver
    #[arg(long, value_name = "PROGRAM", requires = "scenario")]
    pub(crate) browser: Option<PathBuf>,
    /// Chromium for --browser, where chromedriver does not find it
    #[arg(long, value_name = "FILE", requires = "browser")]
    pub(crate) browser_binary: Option<PathBuf>,
    /// Where --browser leaves pictures of the mail, PIN and all, and of the sign-in: mail.png, signin.png
    #[arg(long, value_name = "FOLDER", requires = "browser")]
    pub(crate) artifacts: Option<PathBuf>,
    /// Spoils the scenario, to see it fail
    #[arg(long, value_enum, requires = "scenario", hide = true)]
    pub(crate) sabotage: Option<Sabotage>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PinWay {
    LogicApp,
    Smtp,
    Graph,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sabotage {
    CorruptPin,
    DeleteMethod,
}

#[derive(Args)]
pub(crate) struct Schedule {
    /// Six fields (second, minute, hour, day of month, month, day of week) in UTC, a macro such as @hourly, or -
    #[arg(allow_hyphen_values = true)]
    pub(crate) expression: String,
    /// Start (RFC 3339); now when not given
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<DateTime<Utc>>,
    /// How many runs to print
    #[arg(short = 'n', long = "count", value_name = "N", default_value_t = 5)]
    pub(crate) count: usize,
}
