//! Settings of the API: treatment of request bodies.

use keyferry_settings::{parse, setting, settings};

/// Treatment of members of a request body that the API does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownMembers {
    /// They are ignored.
    Ignore,
    /// They are ignored, but reported to caller and operator.
    Warn,
    /// The request is rejected.
    Reject,
}

settings! {
    /// Treatment of request bodies.
    #[derive(Clone, Debug)]
    pub struct BodySettings in "Callers" {
        /// Treatment of members of a request body that the API does not know, for example misspelt ones. `warn` accepts
        /// the request and reports them: in the log and the history of an order, and in the response's header
        /// `Keyferry-Warning`.
        pub unknown_members: UnknownMembers = setting("KEYFERRY_UNKNOWN_MEMBERS", |text| {
                use UnknownMembers::{Ignore, Reject, Warn};
                parse::choice(text, &[("ignore", Ignore), ("warn", Warn), ("reject", Reject)])
            })
            .default("warn")
            .expected("`ignore`, `warn` or `reject`")
            .example("reject"),
    }
}
