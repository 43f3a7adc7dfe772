//! Options of the commands that run beside or as the connector.

use std::net::IpAddr;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;

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
