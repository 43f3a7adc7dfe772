//! Writing to standard output and standard error.

use std::io::{self, ErrorKind, Write as _};

use keyferry_domain::text::visible_lines;

use crate::exit::Failure;

/// Writes data to standard output, as it is. A closed pipe (`| head`) ends the program without an error.
pub(crate) fn out(data: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(data).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Failure::failed(format!("could not write to standard output: {error}"))),
    }
}

/// Writes words to standard error, with a line end. Invisible characters are escaped.
pub(crate) fn note(words: &str) {
    // Ignore the error: if standard error is closed, there is no other output.
    drop(writeln!(io::stderr(), "{}", visible_lines(words)));
}
