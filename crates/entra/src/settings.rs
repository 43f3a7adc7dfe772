//! How Graph is called.

use url::Url;

/// How Graph is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntraSettings {
    /// Such as `https://graph.microsoft.com`.
    pub graph_endpoint: Url,
    /// API version for authentication methods: `beta`, since v1.0 gives every challenge five minutes and no more.
    pub api_version: String,
    /// How the challenge's lifetime is passed.
    pub creation_options_form: CreationOptionsForm,
}

impl EntraSettings {
    /// The version of the API whose challenges live long enough for a parcel.
    pub const DEFAULT_API_VERSION: &'static str = "beta";

    /// The default version and form at this endpoint.
    pub fn new(graph_endpoint: Url) -> Self {
        Self {
            graph_endpoint,
            api_version: Self::DEFAULT_API_VERSION.to_owned(),
            creation_options_form: CreationOptionsForm::default(),
        }
    }
}

/// The two ways to pass the challenge's lifetime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreationOptionsForm {
    /// `creationOptions(challengeTimeoutInMinutes=N)`, as documented.
    #[default]
    Function,
    /// `creationOptions?challengeTimeoutInMinutes=N`, undocumented but seen working.
    Query,
}
