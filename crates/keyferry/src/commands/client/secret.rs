//! Signing secrets that the user supplies: from a file, standard input or the environment, never from an argument.

use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::cli::SecretSource;
use crate::config::variable;
use crate::exit::Failure;
use crate::profiles::read_secret;

/// Longest text that is read from standard input.
const LONGEST: u64 = 1024;

/// Returns the secret that the user supplies. `None` if there is none.
pub(super) fn given(source: &SecretSource) -> Result<Option<Zeroizing<String>>, Failure> {
    match (&source.secret_file, &source.secret_variable) {
        (Some(path), _) if path == Path::new("-") => of_stdin().map(Some),
        (Some(path), _) => read_secret(path).map(Some).map_err(|error| Failure::usage(error.to_string())),
        (None, Some(name)) => match variable(name) {
            Some(secret) => Ok(Some(Zeroizing::new(secret.trim().to_owned()))),
            None => Err(Failure::usage(format!("the environment variable {name} with the signing secret is not set"))),
        },
        (None, None) => Ok(None),
    }
}

fn of_stdin() -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    std::io::stdin()
        .take(LONGEST)
        .read_to_string(&mut text)
        .map_err(|error| Failure::usage(format!("could not read the signing secret from standard input: {error}")))?;
    match text.trim() {
        "" => Err(Failure::usage("there is no signing secret on standard input")),
        secret => Ok(Zeroizing::new(secret.to_owned())),
    }
}
