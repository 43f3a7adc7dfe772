//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use keyferry_ops::setup::{Caller, DEFAULT_ROLES, role_named};

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
    /// Runs connector and sandbox in one process, to try Keyferry
    Demo(Demo),
    /// Checks whether the connector on this machine is ready: for a container's health check. Exits with 0 if it is
    Healthcheck(Healthcheck),
    /// Checks everything that a deployment can get wrong. Exits with 0 if no check failed
    Doctor(Doctor),
    /// Compares the database with the journal of accepted orders, for example after a restore. Exits with 1 if they
    /// differ
    Reconcile(Reconcile),
    /// Shows the records of the tenant's audit log for a shipment, verifies the chain of all events, or exports it
    Audit(Audit),
    /// Adds a sealing key and seals all secrets with it, while the connector runs. Continues where it was interrupted
    Rekey(Rekey),
    /// Sets up what the connector needs in other systems. Only shows the changes, unless --apply is given
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
    /// File with settings. Environment variables take precedence
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) listen: Listen,
}

#[derive(Args)]
pub(crate) struct Healthcheck {
    /// File with the connector's settings. Environment variables take precedence
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Port of /livez and /readyz. Default: the port in the settings
    #[arg(long, value_name = "PORT")]
    pub(crate) probe_port: Option<u16>,
    /// Checks whether the connector is alive instead of ready
    #[arg(long)]
    pub(crate) alive: bool,
}

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
    /// File with the connector's settings. Environment variables take precedence
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Directory for shipments and sealed secrets
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Accepts the differences, so that the connector starts with this database
    #[arg(long)]
    pub(crate) confirm: bool,
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

#[derive(Subcommand)]
pub(crate) enum Setup {
    /// Sets up app registrations and passkey policy in Microsoft Entra ID (guide 5.1 and 5.2), with an administrator's
    /// token
    Entra(SetupEntra),
}

#[derive(Args)]
pub(crate) struct SetupEntra {
    /// File with an administrator's access token for Graph: az account get-access-token --resource-type ms-graph
    /// --query accessToken
    #[arg(long, value_name = "FILE")]
    pub(crate) graph_token_file: PathBuf,
    /// Makes the changes. Without it they are only shown
    #[arg(long)]
    pub(crate) apply: bool,
    /// File with settings, for example for a national cloud. Environment variables take precedence
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Verified domain of the Application ID URI. Default: the tenant's initial domain
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) domain: Option<String>,
    /// Client id of the connector's app registration, if it exists and belongs to you
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// Name of the connector's app registration
    #[arg(long, value_name = "NAME", default_value = "Yubico FIDO Pre-reg Service")]
    pub(crate) name: String,
    /// Also registers a client for tests of the deployment
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "Yubico FIDO Pre-reg Test Client")]
    pub(crate) test_client: Option<String>,
    /// Application that may call the API, by client id, and its roles (default: Order,Read). Repeatable. The
    /// applications in FIDO_Connector_Allowed_Client_Apps get the default roles
    #[arg(long = "caller", value_name = "ID[=ROLE,…]", value_parser = caller)]
    pub(crate) callers: Vec<Caller>,
    /// PIN delivery. smtp and graph need more permissions than logic-app
    #[arg(long, value_enum, default_value_t = PinChannel::LogicApp)]
    pub(crate) pin_by: PinChannel,
    /// Grants the connector the permissions to read groups of users, for KEYFERRY_ALLOWED_GROUPS and
    /// KEYFERRY_EXCLUDED_GROUPS
    #[arg(long)]
    pub(crate) read_groups: bool,
    /// Grants the connector the permission to read directory roles, so that it refuses orders for privileged users
    #[arg(long)]
    pub(crate) read_roles: bool,
    /// Grants the connector the permission to read the passkey policy, so that the doctor needs no administrator's
    /// token
    #[arg(long)]
    pub(crate) read_policy: bool,
    /// File for the connector's new client secret. If the file has content, no secret is created
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// File for the test client's new secret. If the file has content, no secret is created
    #[arg(long, value_name = "FILE", requires = "test_client")]
    pub(crate) test_client_secret_file: Option<PathBuf>,
    /// Lifetime of new secrets
    #[arg(long, value_name = "DAYS", default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=730))]
    pub(crate) secret_days: u32,
    /// Does not read or change the passkey policy
    #[arg(long)]
    pub(crate) no_policy: bool,
    /// Product to be ordered. The key restrictions must allow its models
    #[arg(long = "product", value_name = "ID")]
    pub(crate) products: Vec<i64>,
    /// Enforces key restrictions that are not enforced yet. Other key models can no longer be used then
    #[arg(long, requires = "products")]
    pub(crate) enforce_key_restrictions: bool,
}

/// Parses a caller: a client id, and role names after `=`.
fn caller(text: &str) -> Result<Caller, String> {
    let (client_id, roles) = text.split_once('=').unwrap_or((text, ""));
    let client_id = client_id.trim().to_ascii_lowercase();
    if uuid::Uuid::try_parse(&client_id).is_err() {
        return Err(format!("{client_id:?} is not a client id (a GUID)"));
    }
    let roles: Vec<_> = roles.split(',').map(str::trim).filter(|role| !role.is_empty()).map(role_named).collect();
    let roles: Vec<_> = roles.into_iter().collect::<Result<_, _>>()?;
    Ok(Caller { client_id, roles: if roles.is_empty() { DEFAULT_ROLES.to_vec() } else { roles } })
}

/// Parses the address to listen on. A host name is not accepted, because it may have several addresses.
fn ip_address(text: &str) -> Result<IpAddr, &'static str> {
    text.parse().map_err(|_| {
        "not an IP address. Use 127.0.0.1 for this machine only, or 0.0.0.0 for all IPv4 addresses of this machine. \
         Set the port with --api-port and --probe-port"
    })
}

/// Options that take precedence over the settings with the same meaning.
#[derive(Args)]
pub(crate) struct Listen {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", value_parser = ip_address)]
    pub(crate) bind: Option<IpAddr>,
    /// Port of the API; 0 for any free one
    #[arg(long, value_name = "PORT")]
    pub(crate) api_port: Option<u16>,
    /// Port of /livez and /readyz; 0 for any free one
    #[arg(long, value_name = "PORT")]
    pub(crate) probe_port: Option<u16>,
    /// Folder for shipments and sealed secrets
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Sandbox {
    /// Address to listen on. The control API has no authentication, so use a loopback address
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
    /// HTTPS port of its vault. Default: any free one
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub(crate) vault_port: u16,
    /// Relying party id of the simulated identity provider
    #[arg(long, value_name = "DOMAIN", default_value = "localhost")]
    pub(crate) rp_id: String,
    /// Seed of ids, serial numbers, people and faults. Default: a new one at each start
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// Number of generated people in the tenant, with managers and addresses. /control/people.csv lists them
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    pub(crate) people: u32,
    /// Seconds that a parcel stays in one state. 0: it advances only through the control API
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    pub(crate) parcel_seconds: f64,
}

#[derive(Args)]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) listen: Listen,
    #[command(flatten)]
    pub(crate) world: SandboxWorld,
    /// PIN channel
    #[arg(long, value_enum, default_value_t = PinChannel::Smtp)]
    pub(crate) pin_by: PinChannel,
    /// Prints one JSON object on the first line of standard output instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Runs one order through all steps and exits: 0 only if the holder signed in
    #[arg(long)]
    pub(crate) scenario: bool,
    /// Prints the connector's whole log, not only errors
    #[arg(long)]
    pub(crate) verbose: bool,
    /// In the scenario, adds a fault to each service that the connector calls: refused, lost or delayed responses
    #[arg(long, requires = "scenario")]
    pub(crate) faults: bool,
    /// In the scenario, runs two replicas as in Azure: Table Storage of this azurite-table (name or path), secrets in
    /// the sandbox's vault. The replica that processes the order is killed, and both app credentials are rotated
    #[arg(long, value_name = "PROGRAM", requires = "scenario", conflicts_with = "data_dir")]
    pub(crate) azurite: Option<PathBuf>,
    /// In the scenario, orders a key whose PIN must be changed before its first use
    #[arg(long, requires = "scenario")]
    pub(crate) one_time_pin: bool,
    /// After the scenario, opens the mail and signs in with a real browser: name or path of chromedriver
    #[arg(long, value_name = "PROGRAM", requires = "scenario")]
    pub(crate) browser: Option<PathBuf>,
    /// Chromium for --browser, if chromedriver does not find it
    #[arg(long, value_name = "FILE", requires = "browser")]
    pub(crate) browser_binary: Option<PathBuf>,
    /// Folder for screenshots of --browser: mail.png, which shows the PIN, and signin.png
    #[arg(long, value_name = "FOLDER", requires = "browser")]
    pub(crate) artifacts: Option<PathBuf>,
    /// Makes the scenario fail, for tests
    #[arg(long, value_enum, requires = "scenario", hide = true)]
    pub(crate) sabotage: Option<Sabotage>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PinChannel {
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
    /// Cron expression with six fields (second, minute, hour, day of month, month, day of week) in UTC, a macro such as
    /// @hourly, or -
    #[arg(allow_hyphen_values = true)]
    pub(crate) expression: String,
    /// Start time (RFC 3339). Default: now
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<DateTime<Utc>>,
    /// Number of runs to print
    #[arg(short = 'n', long = "count", value_name = "N", default_value_t = 5)]
    pub(crate) count: usize,
}
