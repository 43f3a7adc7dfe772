//! Opening the database: schema, tenant and key.

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use crate::seal::Sealer;
use crate::{Error, Opened, SqliteOptions, connection, disk, files, schema};

const KEY_CHECK: &str = "keyferry key check 1";

/// Prepares directory, database and key file. Returns the connection that writes.
pub(crate) fn prepare(options: &SqliteOptions, migrations: &[&str]) -> Result<(Connection, Sealer, Opened), Error> {
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
    let sealer = take_key(&transaction, options)?;
    let copy = if migrated { Some(schema::copy(options, from)?) } else { None };
    if let Err(source) = transaction.commit() {
        copy.iter().for_each(|copy| files::remove(copy));
        return Err(failed(source));
    }
    let opened = if is_new { Opened::New { key_file_existed } } else { Opened::Existing };
    connection.busy_timeout(connection::BUSY).map_err(failed)?;
    Ok((connection, sealer, opened))
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
