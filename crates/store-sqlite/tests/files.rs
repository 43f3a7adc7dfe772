//! Tests of files on disk: permissions, contents, and when opening fails.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(dead_code, reason = "not all is needed here")]
mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use common::{TENANT, by_hand, database, disk_holds, options};
use keyferry_domain::ports::{SecretName, StoreError};
use keyferry_domain::{SecretBytes, SecretStore, ShipmentId, ShipmentStore};
use keyferry_store_sqlite::{Error, Opened, SqliteOptions, SqliteStore};
use tempfile::{TempDir, tempdir};

const CANARY: &[u8] = b"canary-5f1c8e7a-private-half-of-a-response-key";

fn name() -> SecretName {
    SecretName::of(ShipmentId::parse("0196f0a0-0000-7000-8000-00000000000a").unwrap())
}

fn key_file(directory: &Path) -> PathBuf {
    directory.join("data/keyferry.key")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn refusal(directory: &Path) -> Error {
    match SqliteStore::open(options(directory)) {
        Ok(_) => panic!("opening must fail"),
        Err(error) => error,
    }
}

async fn with_a_secret() -> (TempDir, SqliteStore) {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    store.put(&name(), &SecretBytes::new(CANARY.to_vec())).await.unwrap();
    (directory, store)
}

#[tokio::test]
async fn files_are_readable_by_owner_only() {
    let (directory, _store) = with_a_secret().await;
    let data = directory.path().join("data");
    assert_eq!(mode(&data), 0o700);
    let files: Vec<_> = fs::read_dir(&data).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 5, "database, -wal, -shm, key, lock: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn restricts_mode_of_existing_database() {
    let directory = tempdir().unwrap();
    drop(SqliteStore::open(options(directory.path())).unwrap());
    fs::set_permissions(database(directory.path()), fs::Permissions::from_mode(0o644)).unwrap();
    drop(SqliteStore::open(options(directory.path())).unwrap());
    assert_eq!(mode(&database(directory.path())), 0o600);
}

#[tokio::test]
async fn secrets_are_not_stored_in_plaintext() {
    let (directory, store) = with_a_secret().await;
    assert!(!disk_holds(directory.path(), CANARY));
    drop(store);
    assert!(!disk_holds(directory.path(), CANARY));
}

#[tokio::test]
async fn purge_removes_sealed_value_from_disk() {
    let (directory, store) = with_a_secret().await;
    let sealed: Vec<u8> = rusqlite::Connection::open(database(directory.path()))
        .unwrap()
        .query_row("SELECT sealed FROM secrets", [], |row| row.get(0))
        .unwrap();
    assert!(disk_holds(directory.path(), &sealed));
    store.purge(&name()).await.unwrap();
    // The writer shortens the write-ahead log after it has answered.
    for _ in 0..500 {
        if !disk_holds(directory.path(), &sealed) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the sealed value is still on the disk");
}

#[tokio::test]
async fn rejects_wrong_key_file_at_start() {
    let (directory, store) = with_a_secret().await;
    drop(store);
    fs::write(key_file(directory.path()), [9; 32]).unwrap();
    let error = refusal(directory.path());
    assert!(matches!(error, Error::WrongKey { secrets: 1, .. }), "{error}");
}

#[tokio::test]
async fn secret_cannot_be_opened_under_another_name() {
    let (directory, store) = with_a_secret().await;
    let other = "0196f0a0-0000-7000-8000-00000000000b";
    by_hand(directory.path(), &format!("UPDATE secrets SET name = 'fpr-{other}'")).unwrap();
    let answer = SecretStore::get(&store, &SecretName::of(ShipmentId::parse(other).unwrap())).await;
    assert!(matches!(answer, Err(StoreError::Broken { .. })), "{answer:?}");
}

#[tokio::test]
async fn missing_key_with_secrets_fails_and_creates_no_key() {
    let (directory, store) = with_a_secret().await;
    drop(store);
    fs::remove_file(key_file(directory.path())).unwrap();
    let error = refusal(directory.path());
    assert!(matches!(error, Error::KeyMissing { secrets: 1, .. }), "{error}");
    assert!(error.to_string().contains("restore the key file"), "{error}");
    assert!(!key_file(directory.path()).exists());
}

#[tokio::test]
async fn recreates_lost_key_without_secrets() {
    let (directory, store) = with_a_secret().await;
    store.purge(&name()).await.unwrap();
    drop(store);
    let before = fs::read(key_file(directory.path())).unwrap();
    fs::remove_file(key_file(directory.path())).unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    assert_ne!(fs::read(key_file(directory.path())).unwrap(), before);
    store.put(&name(), &SecretBytes::new(CANARY.to_vec())).await.unwrap();
    drop(store);
    let store = SqliteStore::open(options(directory.path())).unwrap();
    assert_eq!(SecretStore::get(&store, &name()).await.unwrap().unwrap().expose(), CANARY);
}

#[test]
fn rejects_key_file_of_wrong_length() {
    for length in [0, 31, 33] {
        let directory = tempdir().unwrap();
        drop(SqliteStore::open(options(directory.path())).unwrap());
        fs::write(key_file(directory.path()), vec![7; length]).unwrap();
        let error = refusal(directory.path());
        assert!(matches!(error, Error::KeyLength { found, .. } if found == length as u64), "{error}");
    }
}

#[test]
fn rejects_key_file_readable_by_others() {
    for bits in [0o640, 0o604, 0o660] {
        let directory = tempdir().unwrap();
        drop(SqliteStore::open(options(directory.path())).unwrap());
        fs::set_permissions(key_file(directory.path()), fs::Permissions::from_mode(bits)).unwrap();
        let error = refusal(directory.path());
        assert!(matches!(error, Error::KeyExposed { .. }), "{error}");
        assert!(error.to_string().contains(&format!("{bits:04o}")), "{error}");
    }
}

#[tokio::test]
async fn key_file_may_be_outside_of_the_data_directory() {
    let directory = tempdir().unwrap();
    let mut options = options(directory.path());
    options.key_file = directory.path().join("elsewhere.key");
    let store = SqliteStore::open(options).unwrap();
    store.prove_write().await.unwrap();
    assert_eq!(mode(&directory.path().join("elsewhere.key")), 0o600);
    assert!(!key_file(directory.path()).exists());
}

#[tokio::test]
async fn state_of_the_directory_is_known_before_and_after_opening() {
    let directory = tempdir().unwrap();
    let options = options(directory.path());
    let lost = Opened::New { key_file_existed: true };
    let new = Opened::New { key_file_existed: false };
    assert_eq!(options.inspect().unwrap(), new);
    assert!(!options.directory.exists(), "inspecting creates nothing");
    // The second start finds the schema in the write-ahead log only.
    let store = SqliteStore::open(options.clone()).unwrap();
    assert_eq!((store.opened(), options.inspect().unwrap()), (new, Opened::Existing));
    drop(store);
    assert_eq!(options.inspect().unwrap(), Opened::Existing);
    assert_eq!(SqliteStore::open(options.clone()).unwrap().opened(), Opened::Existing);

    fs::remove_file(database(directory.path())).unwrap();
    assert_eq!(options.inspect().unwrap(), lost);
    // A start that was killed early leaves an empty file.
    fs::write(database(directory.path()), "").unwrap();
    assert_eq!(options.inspect().unwrap(), lost);
    assert_eq!(SqliteStore::open(options.clone()).unwrap().opened(), lost);
    assert_eq!(options.inspect().unwrap(), Opened::Existing);
}

#[test]
fn rejects_database_of_another_tenant() {
    let directory = tempdir().unwrap();
    drop(SqliteStore::open(options(directory.path())).unwrap());
    let other = || SqliteOptions { tenant: "99999999-2222-4333-8444-555555555555".into(), ..options(directory.path()) };
    for _ in 0..2 {
        let error = SqliteStore::open(other()).err().unwrap();
        assert!(matches!(error, Error::OtherTenant { .. }), "{error}");
        for word in [TENANT, &other().tenant, "--data-dir", "KEYFERRY_DATA_DIR"] {
            assert!(error.to_string().contains(word), "{word}: {error}");
        }
    }
    drop(SqliteStore::open(options(directory.path())).unwrap());
}

#[test]
fn rejects_database_of_a_later_version() {
    let directory = tempdir().unwrap();
    drop(SqliteStore::open(options(directory.path())).unwrap());
    by_hand(directory.path(), "PRAGMA user_version = 99").unwrap();
    let error = refusal(directory.path());
    assert!(matches!(error, Error::NewerSchema { found: 99, .. }), "{error}");
}

#[test]
fn rejects_file_that_is_not_a_database() {
    let directory = tempdir().unwrap();
    drop(SqliteStore::open(options(directory.path())).unwrap());
    fs::write(database(directory.path()), "not a database, but long enough to be read as one. ".repeat(100)).unwrap();
    assert!(matches!(refusal(directory.path()), Error::Database { .. }));
}

#[test]
fn rejects_ephemeral_disk_without_creating_files() {
    // tmpfs on most Linux systems; skipped elsewhere.
    let Ok(directory) = tempfile::tempdir_in("/dev/shm") else { return };
    let options = SqliteOptions { check_disk: true, ..options(directory.path()) };
    let error = SqliteStore::open(options.clone()).err().unwrap();
    assert!(matches!(error, Error::EphemeralDisk { file_system: "tmpfs", .. }), "{error}");
    assert!(error.to_string().contains("AZURE_TABLES_ENDPOINT"), "{error}");
    assert_eq!(fs::read_dir(&options.directory).unwrap().count(), 0);
    drop(SqliteStore::open(SqliteOptions { check_disk: false, ..options }).unwrap());
}
