//! Options of `keyferry setup`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use keyferry_ops::setup::{Caller, DEFAULT_ROLES, role_named};
use url::Url;

use super::sandbox::PinChannel;

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
    /// Address of the service for browsers, without a path, as in KEYFERRY_PUBLIC_URL: users of the console return
    /// there after they signed in
    #[arg(long, value_name = "URL", value_parser = origin)]
    pub(crate) console_url: Option<Url>,
    /// Also registers the address for the pages for people. Default: if KEYFERRY_PORTAL is on
    #[arg(long, requires = "console_url")]
    pub(crate) portal: bool,
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
    /// Grants the connector the permission to list the passkeys of users, so that the console shows them beside the
    /// records
    #[arg(long)]
    pub(crate) read_passkeys: bool,
    /// Grants the connector the permissions to make Temporary Access Passes, for KEYFERRY_ACCESS_PASS: those to make
    /// them, and to read users and directory roles. They cover every user
    #[arg(long)]
    pub(crate) access_passes: bool,
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

fn origin(text: &str) -> Result<Url, &'static str> {
    keyferry_console::origin(text).map_err(|_| "expected an https URL without a path")
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
