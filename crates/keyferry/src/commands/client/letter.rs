//! Letter with the PIN of a shipment.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use keyferry_client::model::PrintPin as Body;

use super::session::{Session, confirm};
use super::verbs::undecided;
use crate::cli::PrintPin;
use crate::exit::Failure;
use crate::terminal::note;

pub(super) async fn print(session: &Session, options: PrintPin) -> Result<(), Failure> {
    let PrintPin { id, address, output, user_name, language, reason, yes } = options;
    confirm(yes, &format!("Print the PIN of shipment {id}? It counts as delivered then.")).await?;
    // Opened first: a PIN that was released and cannot be saved would be lost.
    let mut file = private_file(&output)?;
    let body = Body { address, user_name, language: Some(language.tag().to_owned()), reason };
    let answer = match session.api.print_pin(&id, &body).await {
        Ok(answer) => answer,
        Err(error) => {
            // It is empty, and this call made it.
            drop(fs::remove_file(&output));
            return Err(undecided(error, &id));
        }
    };
    let written = file.write_all(answer.body()).and_then(|()| file.sync_all());
    written.map_err(|error| {
        let next = "The PIN was released. Print it again with a file in another place";
        Failure::failed(format!("could not write {}: {error}. {next}", output.display()))
    })?;
    note(&format!("Wrote {}. It contains the PIN: print it, fold it, and delete the file.", output.display()));
    Ok(())
}

/// Creates a file that only its owner can read and write. An existing one is not touched.
fn private_file(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::usage(format!("{} exists and is not overwritten. Nothing was printed", path.display()))
        }
        _ => Failure::failed(format!("could not create {}: {error}. Nothing was printed", path.display())),
    })
}
