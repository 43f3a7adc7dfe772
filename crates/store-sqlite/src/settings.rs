//! Settings of the embedded store.

use std::path::PathBuf;

use keyferry_settings::{parse, setting, settings};

settings! {
    /// Data directory of the embedded store.
    #[derive(Clone, Debug)]
    pub struct DataDirectorySettings in "Service" {
        /// Directory for shipments and sealed secrets.
        pub directory: PathBuf = setting("KEYFERRY_DATA_DIR", parse::path)
            .default("./keyferry-data")
            .expected("a path to a folder on a local disk")
            .example("/var/lib/keyferry"),

        /// Whether Keyferry rejects a data directory on an ephemeral or network file system, where orders can be lost
        /// or the database damaged.
        pub check_disk: bool = setting("KEYFERRY_CHECK_DATA_DISK", parse::boolean)
            .default("true")
            .expected("`true` or `false`")
            .example("false"),

        /// File with the key that seals secrets, created if it does not exist. Default: `keyferry.key` in the data
        /// directory. Set another path to keep the key out of backups of the data.
        pub key_file: Option<PathBuf> = setting("KEYFERRY_KEY_FILE", parse::path)
            .expected("a path to a file of mode 0600")
            .example("/etc/keyferry/keyferry.key"),
    }
}
