//! Journal of accepted orders in a file: one JSON object per line, appended and synced.
//!
//! The database is the record of everything. The journal repeats the few facts without which a second key would be
//! ordered or a PIN sent twice, in a file that can be read with any editor, and that a restore of the database does not
//! replace. It is not a store: nothing is searched or changed in it.
//!
//! Start reading at [`FileJournal`].

mod file;
mod none;
mod settings;

pub use file::{Error, FileJournal};
pub use none::NoJournal;
pub use settings::JournalSettings;
