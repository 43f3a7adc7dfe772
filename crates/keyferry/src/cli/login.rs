//! Options of the commands about profiles.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use url::Url;

#[derive(Args)]
pub(crate) struct Login {
    /// Name of the profile. Default: `default`, or `demo` with --demo
    #[arg(value_name = "PROFILE")]
    pub(crate) name: Option<String>,
    /// Uses the demo that runs on this machine: address of its sandbox
    #[arg(
        long,
        value_name = "URL",
        num_args = 0..=1,
        default_missing_value = "http://127.0.0.1:8090",
        conflicts_with_all = ["url", "tenant", "client_id", "scope", "token_url", "device_code", "secret_file",
            "secret_variable", "token_file", "token_variable"]
    )]
    pub(crate) demo: Option<Url>,
    /// Address of the connector's API. Without it, you sign in again to a profile with --device-code
    #[arg(long, value_name = "URL", required_unless_present_any = ["demo", "name"])]
    pub(crate) url: Option<Url>,
    /// Tenant that issues the tokens: id or domain
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    /// Client id of the application that calls the connector
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// Scope of the tokens, for example api://fido-connector-api.contoso.example/.default
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    /// Address of the login service, for national clouds
    #[arg(long, value_name = "URL", default_value = "https://login.microsoftonline.com", hide_default_value = true)]
    pub(crate) login_url: Url,
    /// Token endpoint, if it is not that of the tenant
    #[arg(long, value_name = "URL")]
    pub(crate) token_url: Option<Url>,
    /// Signs you in with a code in a browser, on this or another machine
    #[arg(long, group = "way")]
    pub(crate) device_code: bool,
    /// File with the application's client secret. It is read whenever a token is needed
    #[arg(long, value_name = "FILE", group = "way")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Environment variable with the application's client secret
    #[arg(long, value_name = "NAME", group = "way")]
    pub(crate) secret_variable: Option<String>,
    /// File with an access token. It is read for each command
    #[arg(long, value_name = "FILE", group = "way")]
    pub(crate) token_file: Option<PathBuf>,
    /// Environment variable with an access token
    #[arg(long, value_name = "NAME", group = "way")]
    pub(crate) token_variable: Option<String>,
    /// File with the certificates (PEM) of a private certification authority
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Logout {
    /// Name of the profile. Default: the selected one
    #[arg(value_name = "PROFILE")]
    pub(crate) name: Option<String>,
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Profiles {
    #[command(subcommand)]
    pub(crate) command: Option<ProfilesCommand>,
    /// Prints JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum ProfilesCommand {
    /// Selects the profile that commands use
    Use {
        /// Name of the profile
        name: String,
    },
    /// Removes a profile and its stored tokens
    Remove {
        /// Name of the profile
        name: String,
    },
}
