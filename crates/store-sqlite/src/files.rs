//! The directory and its files, readable by their owner only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::Error;

/// Length of the key in bytes.
pub(crate) const KEY_LENGTH: usize = 32;

/// Makes the directory if it is not there, for its owner only.
pub(crate) fn make_directory(path: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    access::only_owner_directory(&mut builder);
    builder.create(path).map_err(|source| failed(path, source))?;
    if access::others_may_write(path) {
        tracing::warn!(directory = %path.display(), "other users may write in the data directory; `chmod 700` it");
    }
    Ok(())
}

/// Makes the database file if it is not there, so that SQLite does not make it with the process's default mode; its
/// `-wal` and `-shm` files take their mode from it.
pub(crate) fn make_database_file(path: &Path) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    access::only_owner(&mut options);
    let file = options.open(path).map_err(|source| failed(path, source))?;
    access::protect(&file).map_err(|source| failed(path, source))?;
    sync_parent(path)
}

/// Reads the key; `None` when there is no such file.
pub(crate) fn read_key(path: &Path) -> Result<Option<Zeroizing<[u8; KEY_LENGTH]>>, Error> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed(path, source)),
    };
    let metadata = file.metadata().map_err(|source| failed(path, source))?;
    if let Some(mode) = access::exposed(&metadata) {
        return Err(Error::KeyExposed { key_file: path.to_owned(), mode });
    }
    if metadata.len() != KEY_LENGTH as u64 {
        return Err(Error::KeyLength { key_file: path.to_owned(), found: metadata.len() });
    }
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    file.read_exact(&mut *key).map_err(|source| failed(path, source))?;
    Ok(Some(key))
}

/// Writes a new key file, durable when this returns. Fails if there is one.
pub(crate) fn write_key(path: &Path, key: &[u8; KEY_LENGTH]) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    access::only_owner(&mut options);
    let mut file = options.open(path).map_err(|source| failed(path, source))?;
    file.write_all(key).and_then(|()| file.sync_all()).map_err(|source| failed(path, source))?;
    sync_parent(path)
}

fn sync_parent(path: &Path) -> Result<(), Error> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    access::sync_directory(parent).map_err(|source| failed(parent, source))
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::File { path: path.to_owned(), source }
}

#[cfg(unix)]
mod access {
    use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
    use std::path::Path;

    pub(super) fn only_owner_directory(builder: &mut DirBuilder) {
        builder.mode(0o700);
    }

    pub(super) fn only_owner(options: &mut OpenOptions) {
        options.mode(0o600);
    }

    pub(super) fn protect(file: &File) -> io::Result<()> {
        if file.metadata()?.permissions().mode() & 0o077 == 0 {
            return Ok(());
        }
        file.set_permissions(Permissions::from_mode(0o600))
    }

    pub(super) fn exposed(metadata: &Metadata) -> Option<u32> {
        let mode = metadata.permissions().mode() & 0o7777;
        (mode & 0o077 != 0).then_some(mode)
    }

    pub(super) fn others_may_write(path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o022 != 0)
    }

    pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

/// Elsewhere the access rights of the directory hold for what is made in it.
#[cfg(not(unix))]
mod access {
    use std::fs::{DirBuilder, File, Metadata, OpenOptions};
    use std::io;
    use std::path::Path;

    pub(super) fn only_owner_directory(_: &mut DirBuilder) {}

    pub(super) fn only_owner(_: &mut OpenOptions) {}

    pub(super) fn protect(_: &File) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn exposed(_: &Metadata) -> Option<u32> {
        None
    }

    pub(super) fn others_may_write(_: &Path) -> bool {
        false
    }

    pub(super) fn sync_directory(_: &Path) -> io::Result<()> {
        Ok(())
    }
}
