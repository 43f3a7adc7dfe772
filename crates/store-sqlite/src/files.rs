//! Data directory and files, with access for their owner only.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::Path;

use zeroize::Zeroizing;

use crate::Error;

/// Length of the key in bytes.
pub(crate) const KEY_LENGTH: usize = 32;

/// Maximum number of keys. A larger file is not a key file.
const MAX_KEYS: u64 = 1000;

/// Sealing key.
pub(crate) type Key = Zeroizing<[u8; KEY_LENGTH]>;

/// Permission bits of group and others.
const OTHERS: u32 = 0o077;

/// Creates the directory with mode 0700 if it does not exist.
pub(crate) fn make_directory(path: &Path) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| failed(path, source))?;
    if fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o022 != 0) {
        tracing::warn!(
            directory = %path.display(),
            remedy = "run `chmod 700` on it",
            "data directory is writable by other users"
        );
    }
    Ok(())
}

/// Creates the database file with mode 0600 if it does not exist. SQLite would create it with the process's default
/// mode. The `-wal` and `-shm` files inherit its mode.
pub(crate) fn make_database_file(path: &Path) -> Result<(), Error> {
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path);
    file.and_then(|file| protect(&file)).map_err(|source| failed(path, source))?;
    sync_parent(path)
}

/// Creates an empty file with mode 0600. Fails if the file exists.
pub(crate) fn make_new_file(path: &Path) -> Result<(), Error> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.map(drop).map_err(|source| failed(path, source))
}

/// Makes a file durable, with its directory entry.
pub(crate) fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|source| failed(path, source))?;
    sync_parent(path)
}

/// Removes a file that is not needed any more. A failure is logged.
pub(crate) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(path = %path.display(), %error, remedy = "delete it", "could not remove file");
    }
}

/// Reads the keys, oldest first. Returns `None` if the file does not exist.
pub(crate) fn read_keys(path: &Path) -> Result<Option<Vec<Key>>, Error> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed(path, source)),
    };
    // Of the opened file, not of the path: the path could be replaced between check and read.
    let metadata = file.metadata().map_err(|source| failed(path, source))?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(Error::KeyExposed { key_file: path.to_owned(), mode });
    }
    let (length, whole) = (metadata.len(), KEY_LENGTH as u64);
    if length == 0 || length % whole != 0 || length / whole > MAX_KEYS {
        return Err(Error::KeyLength { key_file: path.to_owned(), found: length });
    }
    let mut keys = Vec::new();
    for _ in 0..length / whole {
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        file.read_exact(&mut *key).map_err(|source| failed(path, source))?;
        keys.push(key);
    }
    Ok(Some(keys))
}

/// Writes a new key file durably: file and directory are synced. Fails if the file exists.
pub(crate) fn write_key(path: &Path, key: &Key) -> Result<(), Error> {
    write_new(path, std::slice::from_ref(key))?;
    sync_parent(path)
}

/// Replaces the keys of the file durably. At any time, the file contains either the old keys or the new ones. Keeps the
/// owner of the file, which may be another user than that of this process.
pub(crate) fn replace_keys(path: &Path, keys: &[Key]) -> Result<(), Error> {
    // In the same directory, because a file cannot be renamed to another file system.
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = Path::new(&new);
    match fs::remove_file(new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(new, error)),
        _ => {}
    }
    write_new(new, keys)?;
    let replaced = fs::metadata(path)
        .and_then(|old| match (old.uid(), old.gid()) == owner(new)? {
            true => Ok(()),
            false => chown(new, Some(old.uid()), Some(old.gid())),
        })
        .and_then(|()| fs::rename(new, path));
    if let Err(source) = replaced {
        remove(new);
        return Err(failed(path, source));
    }
    sync_parent(path)
}

fn owner(path: &Path) -> io::Result<(u32, u32)> {
    fs::metadata(path).map(|metadata| (metadata.uid(), metadata.gid()))
}

fn write_new(path: &Path, keys: &[Key]) -> Result<(), Error> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let write = |mut file: File| {
        for key in keys {
            file.write_all(&key[..])?;
        }
        file.sync_all()
    };
    file.and_then(write).map_err(|source| failed(path, source))
}

fn sync_parent(path: &Path) -> Result<(), Error> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent).and_then(|directory| directory.sync_all()).map_err(|source| failed(parent, source))
}

fn protect(file: &File) -> io::Result<()> {
    if file.metadata()?.permissions().mode() & OTHERS == 0 {
        return Ok(());
    }
    file.set_permissions(Permissions::from_mode(0o600))
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::File { path: path.to_owned(), source }
}
