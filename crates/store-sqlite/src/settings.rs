//! Settings of the embedded store.

use std::path::PathBuf;

use keyferry_settings::{parse, setting, settings};

settings! {
    /// The folder of the embedded store.
    #[derive(Clone, Debug)]
    pub struct DataDirectorySettings in "The service itself" {
        /// Where shipments and sealed secrets are kept.
        pub directory: PathBuf = setting("KEYFERRY_DATA_DIR", parse::path)
            .default("./keyferry-data")
            .expected("a path to a folder on a local disk")
            .example("/var/lib/keyferry"),

        /// Whether a data directory on an ephemeral or network file system is refused: there orders are lost, or the database is damaged.
        pub check_disk: bool = setting("KEYFERRY_CHECK_DATA_DISK", parse::truth)
            .default("true")
            .expected("`true` or `false`")
            .example("false"),

        /// The key that seals the secrets; made when missing. In the data directory when not set: set it, so that a backup of the data
        /// need not carry its key.
        pub key_file: Option<PathBuf> = setting("KEYFERRY_KEY_FILE", parse::path)
            .expected("a path to a file of mode 0600")
            .example("/etc/keyferry/keyferry.key"),
    }
}
