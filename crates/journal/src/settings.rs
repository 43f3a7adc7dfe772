//! Settings of the journal.

use std::path::PathBuf;

use keyferry_settings::{parse, setting, settings};

settings! {
    /// Journal of accepted orders.
    #[derive(Clone, Debug)]
    pub struct JournalSettings in "Service" {
        /// File to which every accepted order and every sent PIN is appended. Default: `keyferry.journal` in the data
        /// directory; with stores in Azure there is no journal by default. Set a path on another disk than the
        /// database, so that a restore of that disk does not restore the journal as well.
        pub file: Option<PathBuf> = setting("KEYFERRY_JOURNAL_FILE", parse::path)
            .expected("a path to a file on a local disk")
            .example("/var/lib/keyferry-journal/keyferry.journal"),
    }
}
