//! Errors of opening a store.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::failure::explain;

/// Error of opening a store. Later failures are [`keyferry_domain::ports::StoreError`]s.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A directory or file cannot be created, read or protected.
    #[error("could not use {path}: {source}; make the service's user its owner, with write permission")]
    File {
        /// Path of the directory or file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The database contains secrets, but the key file is missing.
    #[error(
        "the key file {key_file} is missing, but {database} contains {secrets} secrets sealed with it: restore the key \
         file from its backup, or set KEYFERRY_KEY_FILE to its current path. Open shipments cannot be completed \
         without it. To abandon them and start with an empty database, move the data directory away"
    )]
    KeyMissing {
        /// Expected path of the key file.
        key_file: PathBuf,
        /// Path of the database.
        database: PathBuf,
        /// Number of secrets in the database.
        secrets: i64,
    },
    /// The key file does not contain a key.
    #[error(
        "the key file {key_file} has {found} bytes instead of 32 for each key: restore it from its backup. If no order \
         was ever placed, delete it; the next start creates a new one"
    )]
    KeyLength {
        /// Path of the key file.
        key_file: PathBuf,
        /// Length of the file in bytes.
        found: u64,
    },
    /// Other users can read the key file.
    #[error(
        "the key file {key_file} has mode {mode:04o}, which gives other users access: run `chmod 600` on it. If others \
         may have read it, treat all sealed secrets as compromised"
    )]
    KeyExposed {
        /// Path of the key file.
        key_file: PathBuf,
        /// Permission bits of the file.
        mode: u32,
    },
    /// The key file contains another key.
    #[error(
        "the {secrets} secrets in {database} were sealed with another key than that in {key_file}: set \
         KEYFERRY_KEY_FILE to the right key file, or restore database and key file from the same backup"
    )]
    WrongKey {
        /// Path of the key file.
        key_file: PathBuf,
        /// Path of the database.
        database: PathBuf,
        /// Number of secrets in the database.
        secrets: i64,
    },
    /// The key that seals new values is not in the key file.
    #[error(
        "the key file {key_file} does not contain the key {id}, with which secrets are sealed: restore the key file \
         that `keyferry rekey` wrote"
    )]
    KeyNotInFile {
        /// Path of the key file.
        key_file: PathBuf,
        /// Id of the key.
        id: String,
    },
    /// The key that signs the event chain cannot be used.
    #[error("{0}: check the installation")]
    Signer(#[from] keyferry_evidence::SignerError),
    /// The database belongs to another tenant.
    #[error(
        "{database} contains shipments of tenant {owner}, but this service is configured for tenant {tenant}: set \
         another data directory with --data-dir or KEYFERRY_DATA_DIR"
    )]
    OtherTenant {
        /// Path of the database.
        database: PathBuf,
        /// Tenant of the database.
        owner: String,
        /// Configured tenant.
        tenant: String,
    },
    /// A later version of Keyferry wrote the database.
    #[error(
        "{database} has schema version {found}, but this version of Keyferry supports at most {known}: run the \
         version that wrote it, or restore an earlier backup"
    )]
    NewerSchema {
        /// Path of the database.
        database: PathBuf,
        /// Schema version of the database.
        found: i64,
        /// Highest supported schema version.
        known: i64,
    },
    /// The file system does not support a write-ahead log.
    #[error(
        "{database} cannot use a write-ahead log (SQLite stays in mode `{mode}`): move the data directory to a local \
         disk"
    )]
    NoWriteAheadLog {
        /// Path of the database.
        database: PathBuf,
        /// Journal mode in use.
        mode: String,
    },
    /// The data directory is not persistent.
    #[error(
        "the data directory {directory} is on {file_system}, which is lost with the container or at the next restart \
         of the machine, with all open orders: mount a volume there, set another directory with --data-dir or \
         KEYFERRY_DATA_DIR, or store shipments in Azure (AZURE_TABLES_ENDPOINT)"
    )]
    EphemeralDisk {
        /// Path of the data directory.
        directory: PathBuf,
        /// Name of the file system.
        file_system: &'static str,
    },
    /// The data directory is on a network file system, where locks between machines are not reliable.
    #[error(
        "the data directory {directory} is on a network file system ({file_system}), where two processes can damage \
         the database: move it to a local disk, or store shipments in Azure (AZURE_TABLES_ENDPOINT)"
    )]
    NetworkDisk {
        /// Path of the data directory.
        directory: PathBuf,
        /// Name of the file system.
        file_system: &'static str,
    },
    /// The database could not be copied before a migration.
    #[error(
        "could not copy the database to {copy} before its schema is changed: {source}. Free space on the disk for a \
         copy of the database, and start again"
    )]
    Copy {
        /// Path of the copy.
        copy: PathBuf,
        /// Error of SQLite.
        source: rusqlite::Error,
    },
    /// A thread of the store cannot be started.
    #[error("could not start a thread for the database: {0}. Check the limits of processes and memory")]
    Thread(#[source] io::Error),
    /// SQLite returned an error.
    #[error("could not open the database {database}: {}", advice(source))]
    Database {
        /// Path of the database.
        database: PathBuf,
        /// Error of SQLite.
        source: rusqlite::Error,
    },
    /// The cryptographic library returned an error.
    #[error("the cryptographic library failed while {0}: check the installation")]
    Cryptography(&'static str),
}

fn advice(source: &rusqlite::Error) -> String {
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process has held it locked for ten seconds. Find that process with `fuser -v`, and end its \
             transaction"
                .to_owned()
        }
        _ => explain(source)
            .unwrap_or_else(|| format!("{source}. If it is damaged, repair it, or restore it from a backup")),
    }
}
