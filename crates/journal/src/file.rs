//! The file.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use keyferry_domain::Journal;
use keyferry_domain::ports::{JournalContent, JournalEntry, StoreError};
use rustix::fs::{FallocateFlags, fallocate};

/// Space reserved after the last entry, in bytes: about 300 entries. Without it, the disk that is too full for the
/// database would also be too full for the journal.
const RESERVE: u64 = 64 * 1024;

/// Error of opening the journal.
#[derive(Debug, thiserror::Error)]
#[error("could not use the journal {path}: {source}; make the service's user its owner, with write permission")]
pub struct Error {
    path: PathBuf,
    source: io::Error,
}

/// Journal in a file of mode 0600. Clones share the file. Several processes may append to the same file.
#[derive(Clone, Debug)]
pub struct FileJournal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    /// End of the reserved space, as an offset in the file.
    reserved: u64,
}

impl FileJournal {
    /// Opens the journal, and creates the file if it does not exist. Blocks the thread.
    ///
    /// # Errors
    /// The file cannot be created, read or protected.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let state = open(path).map_err(|source| Error { path: path.to_owned(), source })?;
        Ok(Self(Arc::new(Inner { path: path.to_owned(), state: Mutex::new(state) })))
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path, &mut State) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = self.0.clone();
        let done = tokio::task::spawn_blocking(move || {
            let mut state = inner.state.lock().unwrap_or_else(PoisonError::into_inner);
            work(&inner.path, &mut state)
        });
        let done = done.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        done.map_err(|error| StoreError::Unavailable(format!("journal {}: {error}", self.0.path.display())))
    }
}

#[async_trait]
impl Journal for FileJournal {
    async fn append(&self, entry: &JournalEntry) -> Result<(), StoreError> {
        let line = serde_json::to_string(entry).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        self.blocking(move |path, state| {
            if state.file.metadata()?.nlink() == 0 {
                tracing::error!(
                    journal = %path.display(),
                    remedy = "restore it from a backup if there is one; find out what deleted it",
                    "journal file was deleted; starting a new one"
                );
                *state = open(path)?;
            }
            state.append(&line)
        })
        .await
    }

    async fn read(&self) -> Result<JournalContent, StoreError> {
        self.blocking(|path, _| {
            let mut bytes = Vec::new();
            File::open(path)?.read_to_end(&mut bytes)?;
            Ok(parse(&bytes))
        })
        .await
    }
}

impl State {
    /// Writes the line with one call, so that lines of two processes are not mixed.
    fn append(&mut self, line: &str) -> io::Result<()> {
        let before = self.file.metadata()?.len();
        let written = self.file.write_all(format!("{line}\n").as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // A part of the line may have been written. End it, so that the next entry begins on its own line.
            if self.file.metadata().is_ok_and(|now| now.len() > before) {
                drop(self.file.write_all(b"\n"));
            }
            return Err(error);
        }
        self.reserve();
        Ok(())
    }

    /// Reserves space for the next entries. Best effort: not every file system can.
    fn reserve(&mut self) {
        let Ok(length) = self.file.metadata().map(|metadata| metadata.len()) else { return };
        if length + RESERVE / 2 > self.reserved
            && fallocate(&self.file, FallocateFlags::KEEP_SIZE, length, RESERVE).is_ok()
        {
            self.reserved = length + RESERVE;
        }
    }
}

fn open(path: &Path) -> io::Result<State> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    if file.metadata()?.len() > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            // The process or the machine stopped during the last entry.
            file.write_all(b"\n")?;
        }
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()?;
    let mut state = State { file, reserved: 0 };
    state.reserve();
    Ok(state)
}

fn parse(bytes: &[u8]) -> JournalContent {
    let mut content = JournalContent::default();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        match serde_json::from_slice(line) {
            Ok(entry) => content.entries.push(entry),
            Err(_) => content.unreadable.push(format!("line {}", index + 1)),
        }
    }
    content
}
