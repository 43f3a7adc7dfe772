//! Opening the database: schema, tenant and key.

use keyferry_evidence::Signer;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use crate::seal::{self, KEY_CHECK, Keyring};
use crate::{Error, Opened, SqliteOptions, chain, connection, disk, files, schema, signing};

/// Number of migrations of the schema without a chain.
const WITHOUT_CHAIN: i64 = 1;

/// What a prepared directory provides.
pub(crate) struct Prepared {
    /// Connection that writes.
    pub(crate) writer: Connection,
    pub(crate) keyring: Keyring,
    pub(crate) signer: Signer,
    pub(crate) opened: Opened,
}

/// Prepares directory, database and key file.
pub(crate) fn prepare(options: &SqliteOptions, migrations: &[&str]) -> Result<Prepared, Error> {
    let database = options.database();
    files::make_directory(&options.directory)?;
    if options.check_disk {
        disk::check(&options.directory)?;
    }
    let key_file_existed = options.key_file_exists()?;
    files::make_database_file(&database)?;
    let failed = |source| Error::Database { database: database.clone(), source };
    let mut connection = connection::writer(&database)?;

    // Committed before the key file is created: a database without a key is completed by the next start, but a key file
    // without a database looks like a lost database.
    let transaction = immediate(&mut connection).map_err(failed)?;
    let is_new = schema::version(&transaction).map_err(failed)? == 0;
    if is_new {
        schema::migrate(&transaction, &database, migrations)?;
        take_tenant(&transaction, options)?;
    }
    transaction.commit().map_err(failed)?;

    let transaction = immediate(&mut connection).map_err(failed)?;
    let from = schema::version(&transaction).map_err(failed)?;
    let migrated = schema::migrate(&transaction, &database, migrations)?;
    take_tenant(&transaction, options)?;
    let keyring = take_keys(&transaction, options)?;
    let signer = signing::take(&transaction, &keyring, &database)?;
    if from == WITHOUT_CHAIN {
        chain::begin(&transaction, &signer, options.clock.now()).map_err(failed)??;
    }
    let copy = if migrated { Some(schema::copy(options, from)?) } else { None };
    if let Err(source) = transaction.commit() {
        copy.iter().for_each(|copy| files::remove(copy));
        return Err(failed(source));
    }
    let opened = if is_new { Opened::New { key_file_existed } } else { Opened::Existing };
    connection.busy_timeout(connection::BUSY).map_err(failed)?;
    Ok(Prepared { writer: connection, keyring, signer, opened })
}

/// Begins a transaction that holds the write lock, so that two processes that start at the same time do not both
/// migrate or create a key.
fn immediate(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
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
fn take_keys(transaction: &Transaction<'_>, options: &SqliteOptions) -> Result<Keyring, Error> {
    let database = options.database();
    let failed = |source| Error::Database { database: database.clone(), source };
    let secrets: i64 = transaction.query_row("SELECT count(*) FROM secrets", [], |row| row.get(0)).map_err(failed)?;
    let keys = match files::read_keys(&options.key_file)? {
        Some(keys) => keys,
        None if secrets > 0 => {
            return Err(Error::KeyMissing { key_file: options.key_file.clone(), database, secrets });
        }
        None => {
            let key = seal::new_key()?;
            // Durable before it is used: no secret may be sealed with a key that a crash loses.
            files::write_key(&options.key_file, &key)?;
            vec![key]
        }
    };
    let keyring = Keyring::new(&options.key_file, &keys)?;
    // Before values had the id of their key, a key file contained one key.
    let ids = keyring.ids();
    if let Some(first) = ids.first() {
        transaction.execute("UPDATE secrets SET sealing_key = ?1 WHERE sealing_key = ''", [first]).map_err(failed)?;
        transaction.execute("UPDATE key_check SET sealing_key = ?1 WHERE sealing_key = ''", [first]).map_err(failed)?;
    }
    let check: Option<(String, Vec<u8>)> = transaction
        .query_row("SELECT sealing_key, sealed FROM key_check", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map_err(failed)?;
    let right = check.is_some_and(|(id, sealed)| keyring.open(&id, KEY_CHECK, &sealed).is_ok());
    if !right && secrets > 0 {
        return Err(Error::WrongKey { key_file: options.key_file.clone(), database, secrets });
    }
    if let (false, Some(newest)) = (right, ids.last()) {
        let sealed = keyring.seal(newest, KEY_CHECK, KEY_CHECK.as_bytes())?;
        transaction
            .execute(
                "INSERT OR REPLACE INTO key_check (id, sealing_key, sealed) VALUES (1, ?1, ?2)",
                params![newest, sealed],
            )
            .map_err(failed)?;
    }
    Ok(keyring)
}
