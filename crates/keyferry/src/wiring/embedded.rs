//! The embedded store alone, for the commands that verify events and replace the sealing key. They call no service.

use std::sync::Arc;

use keyferry_store_sqlite::{Opened, SqliteStore};

use super::store::embedded_options;
use crate::config::{Settings, StoreSettings};
use crate::system::SystemClock;

/// Opens the embedded store, which must exist. The connector may be running. `in_azure` is the error for the other
/// stores.
pub(crate) fn embedded_store(settings: &Settings, in_azure: &str) -> Result<SqliteStore, String> {
    let StoreSettings::Embedded(data) = &settings.store else { return Err(in_azure.to_owned()) };
    let options = embedded_options(data, &settings.app.tenant_id, Arc::new(SystemClock));
    match options.inspect().map_err(|error| error.to_string())? {
        Opened::Existing => SqliteStore::open(options).map_err(|error| error.to_string()),
        Opened::New { .. } => Err(format!(
            "there is no database in {}: set KEYFERRY_DATA_DIR to the connector's data directory",
            options.directory.display()
        )),
    }
}
