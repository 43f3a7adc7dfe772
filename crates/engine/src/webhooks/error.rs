//! Why a request about webhooks fails.

use keyferry_domain::ports::StoreError;

/// Why a request about webhooks fails.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// There is no webhook, or no delivery, with this id.
    #[error("it does not exist")]
    Unknown,
    /// The webhook is defined in the settings.
    #[error("the webhook is defined in the settings: change KEYFERRY_WEBHOOK_URL and the settings beside it")]
    InSettings,
    /// There are as many webhooks as there may be.
    #[error("there are {0} webhooks already. Delete one that is not needed any more")]
    TooMany(usize),
    /// A member of the request is invalid.
    #[error("`{field}`: {reason}")]
    Invalid {
        /// Member.
        field: &'static str,
        /// What was expected and received.
        reason: String,
    },
    /// The system provides no randomness.
    #[error("could not create a secret: {0}")]
    NoSecret(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
