//! `keyferry rekey`

use std::io::Write as _;
use std::process::ExitCode;

use keyferry_store_sqlite::{Rekeyed, Retired, SqliteStore};

use super::{fail, print, wrong_settings};
use crate::cli::Rekey;
use crate::config::{self, Source};
use crate::wiring;

const IN_AZURE: &str = "Keyferry holds no sealing key: Key Vault encrypts the secrets itself, with keys that Microsoft \
                        or you (customer-managed keys) rotate. There is nothing to seal anew";

pub(super) async fn run(options: Rekey) -> ExitCode {
    let source = Source::read(std::env::vars_os(), options.config.as_deref());
    let settings = match source.and_then(|source| config::read(&source)) {
        Ok(settings) => settings,
        Err(errors) => return wrong_settings(&errors),
    };
    let store = match wiring::embedded_store(&settings, IN_AZURE) {
        Ok(store) => store,
        Err(error) => return fail(&error),
    };
    if options.retire { retire(&store).await } else { replace(&store).await }
}

async fn replace(store: &SqliteStore) -> ExitCode {
    let progress = |done, of| {
        // A closed pipe must not interrupt the work.
        drop(writeln!(std::io::stdout(), "sealed anew  {done} of {of}"));
    };
    match store.rekey(progress).await {
        Ok(rekeyed) => {
            print(&report(&rekeyed));
            if rekeyed.unreadable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => fail(&format!("could not replace the sealing key: {error}. Run the command again to continue")),
    }
}

fn report(rekeyed: &Rekeyed) -> String {
    let mut text = String::new();
    for name in &rekeyed.unreadable {
        text.push_str(&format!("unreadable   secret {name}: it cannot be opened, and keeps its old key\n"));
    }
    let how = if rekeyed.continued { "Continued an earlier replacement" } else { "Added a key" };
    text.push_str(&format!(
        "{how}. {} values are sealed with key {}; {} of them were sealed anew by this command.\n",
        rekeyed.sealed, rekeyed.key, rekeyed.resealed
    ));
    if rekeyed.older_keys > 0 {
        text.push_str(&format!(
            "{} older keys stay in the key file, for backups of the database. Back up the key file. Once no such \
             backup is needed, run `keyferry rekey --retire`.\n",
            rekeyed.older_keys
        ));
    }
    text
}

async fn retire(store: &SqliteStore) -> ExitCode {
    match store.retire_keys().await {
        Ok(Retired { key, removed }) if removed.is_empty() => {
            print(&format!("The key file contains only the key {key}. There is no older key to remove.\n"))
        }
        Ok(Retired { key, removed }) => {
            let removed = removed.join(", ");
            print(&format!("Removed from the key file: {removed}. All values are sealed with key {key}.\n"))
        }
        Err(error) => fail(&format!("could not remove old sealing keys: {error}")),
    }
}
