//! Options of the sandbox and the demo.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::server::Listen;

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
    /// What PIN mails contain: the PIN, or a link to a page that shows it once
    #[arg(long, value_enum, default_value_t = PinRelease::Mail, conflicts_with = "scenario")]
    pub(crate) pin_release: PinRelease,
    /// Mails to the person whom a key is for: the value of KEYFERRY_PERSON_MAILS
    #[arg(long, value_name = "MAILS", default_value = "none", conflicts_with = "scenario")]
    pub(crate) person_mails: String,
    /// Who gives addresses that orders leave out: caller, person, or order (each order states it)
    #[arg(long, value_name = "WHO", default_value = "caller", conflicts_with = "scenario")]
    pub(crate) address_by: String,
    /// Who sees a temporary access pass: the value of KEYFERRY_ACCESS_PASS
    #[arg(long, value_name = "WHO", default_value = "off", conflicts_with = "scenario")]
    pub(crate) access_pass: String,
    /// Prints one JSON object on the first line of standard output instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Runs one order through all steps and exits: 0 only if the holder signed in
    #[arg(long)]
    pub(crate) scenario: bool,
    /// Turns on all that recipients see: they enter addresses and get mails, and PINs are shown on a page. With the
    /// scenario, walks through it, up to a lost key and the next one
    #[arg(long, conflicts_with_all = ["pin_release", "person_mails", "address_by", "azurite", "faults"])]
    pub(crate) person: bool,
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

/// What PIN mails contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PinRelease {
    /// The PIN
    Mail,
    /// A link to a page that shows the PIN once
    Page,
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
    ShowPinAgain,
    KeepLostKey,
}
