//! Why a store cannot be opened.

use std::io;
use std::path::PathBuf;

/// Why a store cannot be opened. Later failures are [`keyferry_domain::ports::StoreError`]s.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A directory or file cannot be made, read or protected.
    #[error("{path} cannot be used: {source}; the service's user needs to own it and be able to write there")]
    File {
        /// Which.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// There are secrets and no key.
    #[error(
        "the key file {key_file} is missing, but {database} holds {secrets} secrets sealed under it: restore the key \
         file from its backup, or give the path where it lies now. Without it the shipments under way cannot be \
         finished; to give them up and start anew, move the data directory away"
    )]
    KeyMissing {
        /// Where it should be.
        key_file: PathBuf,
        /// The database.
        database: PathBuf,
        /// How many secrets there are.
        secrets: i64,
    },
    /// The key file is not a key.
    #[error(
        "the key file {key_file} must have exactly 32 bytes, but has {found}: restore it from its backup; if no \
         order was ever placed, delete it and a new one is made"
    )]
    KeyLength {
        /// Which file.
        key_file: PathBuf,
        /// Its length in bytes.
        found: u64,
    },
    /// Others can read the key.
    #[error(
        "the key file {key_file} has mode {mode:04o}, which lets other users read it: `chmod 600` it, and if others \
         could have read it, treat the secrets as known to them"
    )]
    KeyExposed {
        /// Which file.
        key_file: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is a key, but not the one.
    #[error(
        "the key file {key_file} is not the one under which the {secrets} secrets in {database} were sealed: give \
         the right one, or restore database and key file from the same backup"
    )]
    WrongKey {
        /// Which file.
        key_file: PathBuf,
        /// The database.
        database: PathBuf,
        /// How many secrets there are.
        secrets: i64,
    },
    /// It holds another tenant's shipments.
    #[error(
        "{database} holds the shipments of tenant {owner}, but this service is set up for tenant {tenant}: give it \
         another folder with --data-dir or KEYFERRY_DATA_DIR"
    )]
    OtherTenant {
        /// The database.
        database: PathBuf,
        /// Whose it is.
        owner: String,
        /// Who wanted to open it.
        tenant: String,
    },
    /// A later version of the service wrote the database.
    #[error(
        "{database} has schema version {found}, but this version of the service knows only up to {known}: run the \
         version that wrote it, or restore a backup from before"
    )]
    NewerSchema {
        /// The database.
        database: PathBuf,
        /// Its version.
        found: i64,
        /// The newest we know.
        known: i64,
    },
    /// The file system cannot do what a safe database needs.
    #[error(
        "{database} cannot use a write-ahead log (SQLite stays in mode `{mode}`): put the data directory on a local \
         disk, not on a network share"
    )]
    NoWriteAheadLog {
        /// The database.
        database: PathBuf,
        /// The mode it has.
        mode: String,
    },
    /// What is kept there does not last.
    #[error(
        "the data directory {directory} lies on {file_system}, which is gone with the container or the machine's next start, and \
         every order under way with it: mount a volume there, give another folder with --data-dir or KEYFERRY_DATA_DIR, or keep \
         shipments in Azure (AZURE_TABLES_ENDPOINT)"
    )]
    EphemeralDisk {
        /// The directory.
        directory: PathBuf,
        /// What it lies on.
        file_system: &'static str,
    },
    /// Several machines may write there, and their locks do not hold.
    #[error(
        "the data directory {directory} lies on a network file system ({file_system}), where two processes can damage the database: \
         put it on a local disk, or keep shipments in Azure (AZURE_TABLES_ENDPOINT)"
    )]
    NetworkDisk {
        /// The directory.
        directory: PathBuf,
        /// What it lies on.
        file_system: &'static str,
    },
    /// SQLite refuses.
    #[error("the database {database} cannot be opened: {source}; if it is damaged, restore it from a backup")]
    Database {
        /// The database.
        database: PathBuf,
        /// SQLite's answer.
        source: rusqlite::Error,
    },
    /// The cryptographic library refuses.
    #[error("the cryptographic library failed while {0}; this points to a broken installation")]
    Cryptography(&'static str),
}
