//! One profile.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

/// How to reach a connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// Address of the API.
    pub(crate) url: Url,
    /// Tenant that issues the tokens, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<String>,
    /// Certificates of a private certification authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Source of tokens.
    pub(crate) token: Source,
}

/// Source of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Source {
    /// Client credentials grant. Without a place of the secret, a terminal asks for it.
    ClientCredentials {
        token_url: Url,
        client_id: String,
        scope: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret_file: Option<PathBuf>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret_variable: Option<String>,
    },
    /// Device authorization grant: a user signs in.
    DeviceCode { token_url: Url, device_url: Url, client_id: String, scope: String },
    /// A file that another program keeps up to date.
    File { path: PathBuf },
    /// An environment variable.
    Variable { name: String },
}

impl Source {
    /// Returns a name for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::ClientCredentials { client_id, .. } => format!("client credentials of {client_id}"),
            Self::DeviceCode { .. } => "sign-in with a device code".to_owned(),
            Self::File { path } => format!("file {}", path.display()),
            Self::Variable { name } => format!("variable {name}"),
        }
    }

    /// Returns what a cached token depends on. A changed profile must not use the token of the old one.
    pub(super) fn identity(&self) -> Option<String> {
        match self {
            Self::ClientCredentials { token_url, client_id, scope, .. }
            | Self::DeviceCode { token_url, client_id, scope, .. } => Some(format!("{token_url} {client_id} {scope}")),
            Self::File { .. } | Self::Variable { .. } => None,
        }
    }
}
