//! Whether a data directory is new.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::{Error, SqliteOptions};

/// State in which the data directory was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The database existed.
    Existing,
    /// There was no database.
    New {
        /// Whether the key file existed all the same. The database was then lost, or the volume with it is not mounted,
        /// or an operator created the key file.
        key_file_existed: bool,
    },
}

impl SqliteOptions {
    /// Returns the state of the data directory without changing anything. [`crate::SqliteStore::open`] creates the
    /// database, so a decision not to start must be taken before.
    ///
    /// # Errors
    /// [`Error::File`] if a file cannot be read.
    pub fn inspect(&self) -> Result<Opened, Error> {
        let database = self.database();
        let failed = |source| Error::File { path: database.clone(), source };
        if has_schema(&database).map_err(failed)? {
            return Ok(Opened::Existing);
        }
        Ok(Opened::New { key_file_existed: self.key_file_exists()? })
    }

    pub(crate) fn key_file_exists(&self) -> Result<bool, Error> {
        let failed = |source| Error::File { path: self.key_file.clone(), source };
        self.key_file.try_exists().map_err(failed)
    }
}

/// Returns whether a database contains a schema. A start that was killed leaves an empty file, or one without a schema.
fn has_schema(database: &Path) -> io::Result<bool> {
    /// Position of `user_version` in the file's header (<https://sqlite.org/fileformat.html#the_database_header>).
    const USER_VERSION: u64 = 60;
    let mut file = match File::open(database) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    // The schema may still be in the write-ahead log only.
    if Path::new(&log).metadata().is_ok_and(|log| log.len() > 0) {
        return Ok(true);
    }
    let mut version = [0; 4];
    file.seek(SeekFrom::Start(USER_VERSION))?;
    match file.read_exact(&mut version) {
        Ok(()) => Ok(version != [0; 4]),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
