//! The store, and where its work runs.

use std::sync::Arc;

use keyferry_domain::Clock;
use keyferry_domain::ports::StoreError;
use keyferry_evidence::Signer;
use rusqlite::{Connection, InterruptHandle, Transaction, TransactionBehavior};

use crate::failure::Failure;
use crate::open::Prepared;
use crate::queue::{Lane, Pool, PoolOptions};
use crate::seal::Keyring;
use crate::sole_user::{Arrival, Presence};
use crate::{Error, Opened, SqliteOptions, connection, open, schema, tidy};

/// Number of threads that read, each with a connection.
const READERS: usize = 4;

/// Number of reads that may wait, and of writes in each lane.
const PLACES: usize = 1000;

/// Embedded store. Clones share the connections: one that writes, and some that read. Each has a thread, so a blocked
/// writer does not delay reads.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    opened: Opened,
    /// Interrupts of the readers.
    interrupts: Vec<InterruptHandle>,
    // Dropped before the writer: the last connection that is closed removes the write-ahead log.
    readers: Pool<Session>,
    writer: Pool<Session>,
    // Dropped last: until then, this process may write.
    _presence: Presence,
}

/// State of a thread.
struct Session {
    connection: Connection,
    context: Arc<Context>,
    /// Whether a secret was purged since the write-ahead log was last shortened.
    purged: bool,
    /// Whether a commit is on the disk when it returns. False until the first transaction sets it.
    is_durable: bool,
}

/// What work needs beside a connection.
pub(crate) struct Context {
    pub(crate) keyring: Keyring,
    pub(crate) signer: Signer,
    pub(crate) clock: Arc<dyn Clock>,
}

impl SqliteStore {
    /// Opens the store, and creates directory, database and key file if they do not exist. Blocks the thread.
    ///
    /// # Errors
    /// [`Error`], for example for a missing, wrong or exposed key file, and for a database of another tenant or of a
    /// later version.
    pub fn open(options: SqliteOptions) -> Result<Self, Error> {
        Self::open_with(options, schema::MIGRATIONS)
    }

    pub(crate) fn open_with(options: SqliteOptions, migrations: &[&str]) -> Result<Self, Error> {
        let database = options.database();
        let Prepared { mut writer, keyring, signer, opened } = open::prepare(&options, migrations)?;
        let presence = arrive(&mut writer, &options)?;
        let context = Arc::new(Context { keyring, signer, clock: options.clock });
        let session =
            |connection| Session { connection, context: Arc::clone(&context), purged: false, is_durable: false };
        let readers: Vec<_> = (0..READERS).map(|_| connection::reader(&database)).collect::<Result<_, _>>()?;
        let interrupts = readers.iter().map(Connection::get_interrupt_handle).collect();
        let readers = readers.into_iter().map(session).collect();
        let reads = PoolOptions { name: "reads", places: PLACES, skip_abandoned: true, rest: |_| () };
        let writes = PoolOptions { name: "writes", places: PLACES, skip_abandoned: false, rest: Session::rest };
        Ok(Self {
            inner: Arc::new(Inner {
                opened,
                interrupts,
                readers: Pool::start(reads, readers).map_err(Error::Thread)?,
                writer: Pool::start(writes, vec![session(writer)]).map_err(Error::Thread)?,
                _presence: presence,
            }),
        })
    }

    /// Returns the state in which [`SqliteStore::open`] found the data directory.
    pub fn opened(&self) -> Opened {
        self.inner.opened
    }

    /// Reads. `action` states in errors what was tried, for example `list shipments`. Skipped if the caller is dropped.
    pub(crate) async fn read<T, W>(&self, action: impl Into<String>, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection, &Context) -> Result<T, Failure> + Send + 'static,
    {
        let work = |session: &mut Session| work(&session.connection, &session.context);
        self.inner.readers.run(Lane::Second, action.into(), work).await
    }

    /// Runs the work in one transaction, which is rolled back if the work fails. Durable when this returns. The work is
    /// done even if the caller is dropped.
    pub(crate) async fn write<T, W>(&self, action: impl Into<String>, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>, &Context) -> Result<T, Failure> + Send + 'static,
    {
        self.inner.writer.run(Lane::Second, action.into(), |session| session.transact(work)).await
    }

    /// The same, before the writes that wait already. For what has happened elsewhere and must not be lost, for claims
    /// and leases that would expire, and for probes.
    pub(crate) async fn write_first<T, W>(&self, action: impl Into<String>, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>, &Context) -> Result<T, Failure> + Send + 'static,
    {
        self.inner.writer.run(Lane::First, action.into(), |session| session.transact(work)).await
    }

    /// The same, for claims and leases: their holder dies with the machine, so they need not survive a power failure,
    /// and the disk is not synced. A later write that is durable makes them durable, too.
    pub(crate) async fn write_claim<T, W>(&self, action: impl Into<String>, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>, &Context) -> Result<T, Failure> + Send + 'static,
    {
        let work = |session: &mut Session| {
            session.set_durable(false)?;
            session.transact_as_set(work)
        };
        self.inner.writer.run(Lane::First, action.into(), work).await
    }

    /// Like [`SqliteStore::write`], for work that deletes secrets and returns their number. Shortens the write-ahead
    /// log when the writer has nothing else to do.
    pub(crate) async fn purge_rows<W>(&self, action: impl Into<String>, work: W) -> Result<(), StoreError>
    where
        W: FnOnce(&Transaction<'_>, &Context) -> Result<usize, Failure> + Send + 'static,
    {
        let work = |session: &mut Session| {
            let deleted = session.transact(work)?;
            session.purged |= deleted > 0;
            Ok(())
        };
        self.inner.writer.run(Lane::Second, action.into(), work).await
    }

    /// Releases the space of deleted rows, and shortens the write-ahead log.
    pub(crate) async fn compact(&self) -> Result<(), StoreError> {
        let writer = &self.inner.writer;
        let release = |session: &mut Session| Ok(tidy::release_pages(&session.connection)?);
        // Each step is work of its own, so that other writes take their turns.
        while writer.run(Lane::Second, "release free space".to_owned(), release).await? {}
        let shorten = |session: &mut Session| Ok(tidy::shorten_log(&session.connection)?);
        writer.run(Lane::Second, "shorten the write-ahead log".to_owned(), shorten).await
    }
}

/// Voids claims and leases of dead processes if there is no other process, and returns the use of the directory.
fn arrive(writer: &mut Connection, options: &SqliteOptions) -> Result<Presence, Error> {
    let arrival = Arrival::at(&options.directory);
    let transaction = writer
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|source| Error::Database { database: options.database(), source })?;
    let voided = arrival.void_claims(&transaction).and_then(|()| transaction.commit());
    if let Err(error) = voided {
        // For example because a page is damaged. What can be read is still served, and the damage is reported.
        tracing::warn!(%error, "could not void claims of dead processes; they expire by themselves");
    }
    Ok(arrival.settle())
}

impl Drop for Inner {
    /// Ends a long read, for example the search for damage, so that the store closes at once. Its caller was dropped.
    fn drop(&mut self) {
        self.interrupts.iter().for_each(InterruptHandle::interrupt);
    }
}

impl Session {
    /// Runs the work in a transaction that is on the disk when this returns.
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, &Context) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.set_durable(true)?;
        self.transact_as_set(work)
    }

    /// Sets whether the next commits are durable. With a write-ahead log, `NORMAL` can lose the last commits in a power
    /// failure, in their order, but never damages the database (<https://sqlite.org/pragma.html#pragma_synchronous>).
    fn set_durable(&mut self, durable: bool) -> Result<(), Failure> {
        if self.is_durable != durable {
            // Set after an error, too, so that the next durable transaction sets it again.
            self.is_durable = false;
            self.connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
            self.is_durable = durable;
        }
        Ok(())
    }

    fn transact_as_set<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, &Context) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        // Immediate: a deferred transaction that reads first fails when it cannot upgrade to the write lock.
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction, &self.context)?;
        transaction.commit()?;
        Ok(done)
    }

    /// Runs when no write waits.
    fn rest(&mut self) {
        if !std::mem::take(&mut self.purged) {
            return;
        }
        if let Err(error) = tidy::shorten_log(&self.connection) {
            tracing::debug!(%error, "could not shorten write-ahead log after purge; the next clean-up tries again");
        }
    }
}

#[cfg(test)]
mod tests {
    use keyferry_domain::ports::Claim;
    use keyferry_domain::{LeaseStore as _, ShipmentStore as _, Timestamp};

    use super::*;

    struct FixedClock;

    #[async_trait::async_trait]
    impl Clock for FixedClock {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        async fn sleep(&self, _: std::time::Duration) {}
    }

    /// Returns the error of a probe after changing the connection that writes.
    async fn probe_after(pragma: &'static str, value: i64) -> String {
        let directory = tempfile::tempdir().unwrap();
        let options = SqliteOptions::new(directory.path(), "tenant", Arc::new(FixedClock));
        let store = SqliteStore::open(SqliteOptions { check_disk: false, ..options }).unwrap();
        let set = move |session: &mut Session| {
            Ok(session.connection.pragma_update_and_check(None, pragma, value, |_| Ok(())).or_else(|error| {
                // Some pragmas return no row.
                if error == rusqlite::Error::QueryReturnedNoRows { Ok(()) } else { Err(error) }
            })?)
        };
        store.inner.writer.run(Lane::Second, "set".to_owned(), set).await.unwrap();
        store.prove_write().await.unwrap_err().to_string()
    }

    /// What is recorded after a claim must survive a power failure, and so must the claim's record then.
    #[tokio::test]
    async fn only_claims_and_leases_are_not_synced() {
        const NORMAL: i64 = 1;
        const FULL: i64 = 2;
        let directory = tempfile::tempdir().unwrap();
        let options = SqliteOptions::new(directory.path(), "tenant", Arc::new(FixedClock));
        let store = SqliteStore::open(SqliteOptions { check_disk: false, ..options }).unwrap();
        let level = async || {
            let read = |session: &mut Session| {
                Ok(session.connection.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0))?)
            };
            store.inner.writer.run(Lane::Second, "read".to_owned(), read).await.unwrap()
        };
        assert_eq!(level().await, FULL, "at the start");
        let claim = Claim { holder: "a".into(), until: Timestamp::UNIX_EPOCH + std::time::Duration::from_secs(90) };
        for _ in 0..2 {
            store.prove_write().await.unwrap();
            assert_eq!(level().await, FULL);
            assert!(store.take_lease("runs", &claim, Timestamp::UNIX_EPOCH).await.unwrap());
            assert_eq!(level().await, NORMAL);
        }
        let change = keyferry_conformance::samples::accepted();
        let version = store.insert(&change).await.unwrap();
        assert_eq!(level().await, FULL);
        let id = change.shipment().id();
        let version = store.claim(id, &version, &claim, Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(level().await, NORMAL);
        let next = keyferry_conformance::samples::obstructed(change.shipment());
        let release = keyferry_domain::ports::ClaimChange::Release("a".into());
        store.commit_and_claim(&next, &version, &release).await.unwrap();
        assert_eq!(level().await, FULL);
    }

    #[tokio::test]
    async fn probe_fails_on_a_full_or_read_only_disk() {
        let full = probe_after("max_page_count", 1).await;
        assert!(full.starts_with("the store is unavailable: the disk of the data directory is full."), "{full}");
        let read_only = probe_after("query_only", 1).await;
        assert!(read_only.starts_with("the store is unavailable: the database is read-only."), "{read_only}");
    }
}
