//! Enumerations. A value that this version does not contain is kept as text.

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum $name {
            $($variant,)+
            /// A value that this version does not contain.
            Other(String),
        }

        impl $name {
            /// All values that this version contains.
            pub const KNOWN: &[&str] = &[$($text),+];

            /// Returns the value as in JSON.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$variant,)+
                    _ => Self::Other(text),
                }
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.as_str().to_owned()
            }
        }
    )+};
}

words! {
    /// Phase of a shipment.
    Phase {
        Queued = "queued",
        Submitting = "submitting",
        Refused = "refused",
        Unconfirmed = "unconfirmed",
        Accepted = "accepted",
        Fulfilled = "fulfilled",
        Registered = "registered",
        Complete = "complete",
        Cancelled = "cancelled",
    }

    /// Class of an obstacle.
    ObstacleClass { Retry = "retry", Attention = "attention", Final = "final" }

    /// Consequence of a finding.
    Severity { Error = "error", Warning = "warning" }

    /// Whether a webhook receives messages.
    WebhookState { Enabled = "enabled", Disabled = "disabled" }

    /// State of a message to a webhook.
    DeliveryState { Pending = "pending", Delivered = "delivered", Dead = "dead" }

    /// State of a batch.
    BatchState {
        Uploading = "uploading",
        Draft = "draft",
        Checking = "checking",
        Checked = "checked",
        Submitted = "submitted",
        Paused = "paused",
        Finished = "finished",
        Cancelling = "cancelling",
        Cancelled = "cancelled",
    }
}

impl Phase {
    /// Returns whether nothing more happens to a shipment in this phase without an operator's decision.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Complete | Self::Cancelled | Self::Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_are_kept() {
        let phase: Phase = serde_json::from_str("\"teleported\"").unwrap();
        assert_eq!((phase.as_str(), phase.is_terminal()), ("teleported", false));
        assert_eq!(serde_json::to_string(&phase).unwrap(), "\"teleported\"");
        assert_eq!(Phase::from("complete".to_owned()), Phase::Complete);
    }
}
