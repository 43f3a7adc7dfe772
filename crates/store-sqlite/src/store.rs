//! Opening the database, and running work on its connection.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use keyferry_domain::Clock;
use keyferry_domain::ports::StoreError;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior, params};

use crate::seal::Sealer;
use crate::sole_user::{Arrival, Presence};
use crate::{Error, SqliteOptions, schema};
use crate::{disk, files};

/// How long to wait for a transaction of another process.
const BUSY: Duration = Duration::from_secs(10);

const KEY_CHECK: &str = "keyferry key check 1";

/// Embedded store. Clones share one connection.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    // One connection suffices: SQLite has one writer at a time, and every call is short.
    connection: Mutex<Connection>,
    pub(crate) sealer: Sealer,
    pub(crate) clock: Arc<dyn Clock>,
    /// Dropped after the connection.
    _presence: Presence,
}

impl SqliteStore {
    /// Opens the store, and creates directory, database and key file if they do not exist. Blocks the thread.
    ///
    /// # Errors
    /// [`Error`], for example for a missing, wrong or exposed key file, and for a database of another tenant or of a
    /// later version.
    pub fn open(options: SqliteOptions) -> Result<Self, Error> {
        let database = options.database();
        files::make_directory(&options.directory)?;
        if options.check_disk {
            disk::check(&options.directory)?;
        }
        files::make_database_file(&database)?;
        let arrival = Arrival::at(&options.directory);
        let failed = |source| Error::Database { database: database.clone(), source };
        let mut connection = connect(&database)?;
        // Immediate, so that two processes that start at the same time do not both migrate or create a key.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        schema::migrate(&transaction, &database)?;
        take_tenant(&transaction, &options)?;
        let sealer = take_key(&transaction, &options)?;
        arrival.void_claims(&transaction).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        let inner =
            Inner { connection: Mutex::new(connection), sealer, clock: options.clock, _presence: arrival.settle() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Runs blocking work on the connection, outside of the async threads. The work continues if the caller is dropped.
    pub(crate) async fn run<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut Connection, &Inner) -> Result<T, StoreError> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        let task = tokio::task::spawn_blocking(move || {
            // A poisoned lock is safe to use: the panic rolled back its transaction.
            let mut connection = inner.connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut connection, &inner)
        });
        task.await.unwrap_or_else(|error| {
            // The panic message is not repeated, because it may contain a secret.
            let how = if error.is_panic() { "panicked; report this bug in Keyferry" } else { "was cancelled" };
            Err(StoreError::Unavailable(format!("a database task {how}")))
        })
    }
}

/// Converts an error of SQLite. SQLite's messages name columns and never contain values.
pub(crate) fn unavailable(error: rusqlite::Error) -> StoreError {
    StoreError::Unavailable(format!("SQLite: {error}"))
}

fn connect(database: &Path) -> Result<Connection, Error> {
    let failed = |source| Error::Database { database: database.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(failed)?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(Error::NoWriteAheadLog { database: database.to_owned(), mode });
    }
    // A committed order must survive a power failure. NORMAL, the usual mode with a write-ahead log, may lose it.
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    // Overwrites deleted rows, so that purged secrets do not remain in free pages.
    connection.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(())).map_err(failed)?;
    connection.pragma_update(None, "trusted_schema", "OFF").map_err(failed)?;
    Ok(connection)
}

/// Assigns a new database to the tenant, and fails if the database belongs to another tenant.
fn take_tenant(transaction: &Transaction<'_>, options: &SqliteOptions) -> Result<(), Error> {
    let database = options.database();
    let failed = |source| Error::Database { database: database.clone(), source };
    transaction
        .execute("INSERT INTO deployment (id, tenant) VALUES (1, ?1) ON CONFLICT (id) DO NOTHING", [&options.tenant])
        .map_err(failed)?;
    let owner: String = transaction.query_row("SELECT tenant FROM deployment", [], |row| row.get(0)).map_err(failed)?;
    if owner != options.tenant {
        return Err(Error::OtherTenant { database, owner, tenant: options.tenant.clone() });
    }
    Ok(())
}

/// Reads and verifies the key file. Creates it if the database contains no secrets.
fn take_key(transaction: &Transaction<'_>, options: &SqliteOptions) -> Result<Sealer, Error> {
    let database = options.database();
    let failed = |source| Error::Database { database: database.clone(), source };
    let secrets: i64 = transaction.query_row("SELECT count(*) FROM secrets", [], |row| row.get(0)).map_err(failed)?;
    let key = match files::read_key(&options.key_file)? {
        Some(key) => key,
        None if secrets > 0 => {
            return Err(Error::KeyMissing { key_file: options.key_file.clone(), database, secrets });
        }
        None => {
            let key = Sealer::new_key()?;
            // Durable before it is used: no secret may be sealed with a key that a crash loses.
            files::write_key(&options.key_file, &key)?;
            key
        }
    };
    let sealer = Sealer::new(&key)?;
    let check: Option<Vec<u8>> =
        transaction.query_row("SELECT sealed FROM key_check", [], |row| row.get(0)).optional().map_err(failed)?;
    let right = check.is_some_and(|sealed| sealer.open(KEY_CHECK, &sealed).is_ok());
    if !right && secrets > 0 {
        return Err(Error::WrongKey { key_file: options.key_file.clone(), database, secrets });
    }
    if !right {
        let sealed = sealer.seal(KEY_CHECK, KEY_CHECK.as_bytes())?;
        transaction
            .execute("INSERT OR REPLACE INTO key_check (id, sealed) VALUES (1, ?1)", params![sealed])
            .map_err(failed)?;
    }
    Ok(sealer)
}
